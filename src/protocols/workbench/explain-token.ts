/** The content of a token, and the answer of each check route of the configuration. */
import type { CheckReport, Explain } from '../../check/explain.ts'
import { ServiceError } from '../../errors.ts'
import { parseToken } from '../../keys/token.ts'
import { dateOf, describeDistance } from '../../settings/dates.ts'
import type { CurlRequest } from './curl.ts'

/** The address of a route in the configuration: a proxy in front may have another one. */
interface RoutePlace {
  /** The name of its listener. */
  readonly listener: string
  /** Whether the workbench is on the same one. */
  readonly isHere: boolean
  readonly scheme: 'http' | 'https'
  readonly port: number
}

/** A check route, as the workbench shows it. */
export interface WorkbenchCheck {
  readonly path: string
  readonly place: RoutePlace
  readonly protocol: string
  /** How a request to it carries a token. Undefined where that depends on the gateway in front. */
  readonly curl: CurlRequest | undefined
  readonly explain: Explain
}

/** A time of the token in words: `expired 3 minutes ago`. */
interface TokenTime {
  readonly claim: string
  readonly at: string
  readonly words: string
}

interface DecodedToken {
  readonly header: string
  readonly claims: string
  readonly alg: string
  readonly kid: string | undefined
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly times: readonly TokenTime[]
}

export interface TokenExplanation {
  /** Undefined for a text that is not a JWT. */
  readonly token: DecodedToken | undefined
  /** Why it cannot be read as a JWT. */
  readonly unreadable: string | undefined
  readonly routes: readonly (Omit<WorkbenchCheck, 'explain'> & Omit<CheckReport, 'token'>)[]
}

export interface ExplainTokenOptions {
  readonly checks: readonly WorkbenchCheck[]
  /** Levels that the JSON of header and payload may nest. */
  readonly maxDepth: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Text that is often copied along with a token: the name of the header field, and the scheme. */
const AROUND = /^(?:authorization:\s*)?(?:bearer\s+)?/i

/** Makes the function. It keeps nothing of the token, and never rejects because of it. */
export function createExplainToken({ checks, maxDepth, now }: ExplainTokenOptions) {
  return async function explainToken(text: string): Promise<TokenExplanation> {
    const raw = text.trim().replace(AROUND, '')
    const routes = await Promise.all(
      checks.map(async ({ explain, ...route }) => {
        const { token: _, ...report } = await explain(raw)
        return { ...route, ...report }
      })
    )
    return { ...decode(raw, maxDepth, now()), routes }
  }
}

/** Reads a token of any length: only routes have a limit. */
function decode(
  raw: string,
  maxDepth: number,
  nowMs: number
): Pick<TokenExplanation, 'token' | 'unreadable'> {
  try {
    const { header, headerText, payload, payloadText } = parseToken(raw, maxDepth)
    const textOf = (name: string) =>
      typeof payload[name] === 'string' ? (payload[name] as string) : undefined
    return {
      unreadable: undefined,
      token: {
        header: headerText,
        claims: payloadText,
        alg: header.alg,
        kid: header.kid,
        issuer: textOf('iss'),
        subject: textOf('sub'),
        times: describeTimes(payload, nowMs)
      }
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return { token: undefined, unreadable: error.message }
  }
}

/** The words for a past and for a future time. */
const WORDS = [
  { claim: 'iat', past: 'issued', future: 'issued' },
  { claim: 'auth_time', past: 'logged in', future: 'logged in' },
  { claim: 'nbf', past: 'valid since', future: 'not valid yet: valid' },
  { claim: 'exp', past: 'expired', future: 'expires' }
] as const

function describeTimes(claims: Readonly<Record<string, unknown>>, nowMs: number): TokenTime[] {
  return WORDS.flatMap(({ claim, past, future }) => {
    const date = dateOf(claims[claim])
    if (date === undefined) return []
    const words = date.getTime() <= nowMs ? past : future
    const distance = describeDistance(date.getTime() - nowMs)
    return [{ claim, at: date.toISOString(), words: `${words} ${distance}` }]
  })
}
