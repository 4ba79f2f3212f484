/** Puts a token into the requests of fetch, undici and got. */

/** What fetch takes as header fields. */
export type HeadersInput = ConstructorParameters<typeof Headers>[0]

/** As much of the options of a got call as is needed. */
interface GotOptions {
  readonly isStream: boolean
  headers: Record<string, string | string[] | undefined>
}

/**
 * A handler of got. Unlike a `beforeRequest` hook it runs once for a call and not for each redirect, so that the token is
 * not sent to where a redirect leads: got takes it out for another host.
 */
export type GotHandler = <Options extends GotOptions, Result>(
  options: Options,
  next: (options: Options) => Result
) => Promise<Result>

export interface Authorize {
  readonly authorize: (headers?: HeadersInput) => Promise<Record<string, string>>
  readonly authorizeGot: GotHandler
}

/** @param get gives the token */
export function createAuthorize(get: () => Promise<string>): Authorize {
  async function bearer(): Promise<string> {
    return `Bearer ${await get()}`
  }

  return {
    async authorize(headers) {
      const fields = new Headers(headers)
      fields.set('authorization', await bearer())
      return Object.fromEntries(fields)
    },
    authorizeGot(options, next) {
      if (options.isStream) {
        // Thrown right here: a promise in place of the stream would be a riddle.
        throw new TypeError('expected a got call that gives a promise; a stream takes authorize()')
      }
      return bearer().then((value) => {
        options.headers.authorization = value
        return next(options)
      })
    }
  }
}
