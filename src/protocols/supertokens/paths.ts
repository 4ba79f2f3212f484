/** The paths on which SuperTokens clients call the core. */
import { JWK_SET_PATH } from '../own-paths.ts'

const ISSUE = '/recipe/jwt'

/** The paths beside the one that issues tokens. */
const BESIDE = {
  /** The JWK Set, for clients with a version before 2.21 of the interface. */
  oldJwkSet: `${ISSUE}/jwks`,
  jwkSet: JWK_SET_PATH,
  versions: '/apiversion',
  hello: '/hello'
} as const

/** A client may name the app and the tenant that the core has by default. */
const PREFIXES = ['', '/public', '/appid-public', '/appid-public/public'] as const

type Name = 'issue' | keyof typeof BESIDE

/**
 * The paths of a route: they are below the base that the connection URI of the clients names.
 * @param issue as configured: the base, and `/recipe/jwt`
 */
export function pathsOf(issue: string): Readonly<Record<Name, string>> {
  const base = baseOf(issue)
  const beside = Object.entries(BESIDE).map(([name, below]) => [name, base + below])
  return { issue, ...Object.fromEntries(beside) }
}

/** All equivalent paths of one of them, itself first. The service itself answers with its JWK Set at the root. */
export function spellingsOf(path: string, issue: string): string[] {
  const base = baseOf(issue)
  const below = path.slice(base.length)
  return PREFIXES.map((prefix) => base + prefix + below).filter((one) => one !== JWK_SET_PATH)
}

function baseOf(issue: string): string {
  return issue.slice(0, -ISSUE.length)
}
