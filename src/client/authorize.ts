/** Puts a token into the requests of fetch, undici and got. */

/** Header fields as fetch takes them. */
type HeadersInput = ConstructorParameters<typeof Headers>[0]

/** The options of a got call that are used. */
interface GotOptions {
  readonly isStream: boolean
  headers: Record<string, string | string[] | undefined>
}

/**
 * A handler of got. Unlike a `beforeRequest` hook it runs once for a call and not for each redirect, so that the token is
 * not sent where a redirect leads: got removes it for another host.
 */
export type GotHandler = <Options extends GotOptions, Result>(
  options: Options,
  next: (options: Options) => Result
) => Promise<Result>

export interface AuthorizeRequest {
  /**
   * Returns header fields with the token in `authorization`, for fetch, undici and got.
   * @param headers the fields that a request has beside it; an Authorization field among them is replaced
   * @throws ServiceTokenError where there is no token
   */
  (headers?: HeadersInput): Promise<Record<string, string>>
  /** Puts the token into a request of fetch, and returns that request. */
  (request: Request): Promise<Request>
}

export interface Authorize {
  readonly authorize: AuthorizeRequest
  readonly authorizeGot: GotHandler
}

/** @param get returns the token */
export function createAuthorize(get: () => Promise<string>): Authorize {
  async function bearer(): Promise<string> {
    return `Bearer ${await get()}`
  }

  async function authorize(request: Request): Promise<Request>
  async function authorize(headers?: HeadersInput): Promise<Record<string, string>>
  async function authorize(to?: HeadersInput | Request) {
    const fields = to instanceof Request ? to.headers : new Headers(to)
    fields.set('authorization', await bearer())
    return to instanceof Request ? to : Object.fromEntries(fields)
  }

  return {
    authorize,
    authorizeGot(options, next) {
      if (options.isStream) {
        // Thrown synchronously: a caller that expects a stream would not handle a rejected promise.
        throw new TypeError('expected a got call that gives a promise; a stream takes authorize()')
      }
      return bearer().then((value) => {
        options.headers.authorization = value
        return next(options)
      })
    }
  }
}
