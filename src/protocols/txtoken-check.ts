/** The wire format of the original program's checkToken. */
import { ServiceError } from '../errors.ts'
import { JsonTextError, parseJsonBytes } from '../json/json-text.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext } from '../middleware/request-state.ts'
import { challengeFor, readAuthorization } from './bearer-token.ts'
import type { CheckProtocol } from './protocol.ts'

export interface TxtokenCheckOptions {
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** The name of the query and form parameter (RFC 6750, sections 2.2 and 2.3). */
const PARAMETER = 'access_token'

/** The statuses that are about the token (RFC 6750, section 3.1). */
const CHALLENGED: ReadonlySet<number> = new Set([400, 401, 403])

/** A token, and the place in the request that it stands in. */
interface FoundToken {
  readonly place: string
  readonly token: string
}

/** Takes one token from the Authorization header, the query, a form or a JSON body; answers with all its parts. */
export function createTxtokenCheckProtocol({ maxDepth }: TxtokenCheckOptions): CheckProtocol {
  return {
    methods: ['GET', 'POST'],

    readToken(context) {
      const found = [
        ...inHeader(context),
        ...inQuery(context),
        ...inBody(bodyOf(context), maxDepth)
      ]
      const [first] = found
      if (first === undefined) {
        throw new ServiceError('missing_token', 'no token present in request', {
          status: 401,
          reason: 'missing'
        })
      }
      if (found.length > 1) {
        // Each place once: a form can repeat the field as often as its size allows.
        const places = new Set(found.map(({ place }) => place))
        throw badRequest(`more than one token present in request: ${[...places].join(', ')}`)
      }
      return first.token
    },

    writeToken(context, { token }) {
      const { raw, header, headerText, payloadText, signature } = token
      context.set('Content-Type', 'application/json; charset=utf-8')
      context.set('Cache-Control', 'no-store')
      context.body =
        `{"Raw":"${raw}","Method":{"Name":"${header.alg}","Hash":${hashNumber(header.alg)}},` +
        `"Header":${headerText},"Claims":${payloadText},"Signature":"${signature}","Valid":true}`
    },

    writeError(context, error) {
      context.status = error.status
      if (CHALLENGED.has(error.status)) context.set('WWW-Authenticate', challengeFor(error))
      context.body = { error: error.message }
    }
  }
}

function inHeader({ req }: AppContext): FoundToken[] {
  return present('the Authorization header', [readAuthorization(req.headers.authorization ?? '')])
}

function inQuery({ querystring }: AppContext): FoundToken[] {
  return querystring === ''
    ? []
    : present('the query', new URLSearchParams(querystring).getAll(PARAMETER))
}

/** The content tells JSON from a form, for clients label them wrongly: no form begins with a brace. */
function inBody(body: Buffer, maxDepth: number): FoundToken[] {
  if (body.length === 0) return []
  const text = body.toString()
  return text.trimStart().startsWith('{')
    ? present('the body', [tokenOfJson(body, maxDepth)])
    : present('the body', new URLSearchParams(text).getAll(PARAMETER))
}

function tokenOfJson(body: Buffer, maxDepth: number): string | undefined {
  try {
    const { token } = JSON.parse(parseJsonBytes(body, maxDepth)) as { token?: unknown }
    if (token === undefined || typeof token === 'string') return token
  } catch (error) {
    if (error instanceof JsonTextError) throw badRequest(`body is ${error.message}`)
    throw error
  }
  throw badRequest('token in the body is not text')
}

function present(place: string, tokens: readonly (string | undefined)[]): FoundToken[] {
  return tokens.flatMap((token) => (token === undefined || token === '' ? [] : [{ place, token }]))
}

/** The number that Go's `crypto.Hash` has for the hash of an algorithm: SHA-256 is 5, SHA-384 6, SHA-512 7. */
function hashNumber(alg: string): number {
  if (alg.endsWith('256')) return 5
  return alg.endsWith('384') ? 6 : 7
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400, reason: 'request' })
}
