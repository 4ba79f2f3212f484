/** Tokens in cookies (RFC 6265): for browsers, whose scripts are not to see them. */
import type { AppContext } from '../server/request-state.ts'
import type { IssueProtocol } from './protocol.ts'

export interface TokenCookieOptions {
  /** A name with the prefix `__Host-` or `__Secure-` keeps what it promises: the configuration has seen to that. */
  readonly name: string
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  readonly path: string
  /** The host that issues it, and no other, when left out. */
  readonly domain?: string | undefined
  /** Told of a cookie that browsers will not keep, with the length of its name and value. */
  readonly onTooLarge: (context: AppContext, length: number) => void
}

/** Browsers ignore a cookie whose name and value are longer together (RFC 6265bis, section 5.6). */
const MOST_BYTES = 4096

/** Sets the token as a cookie beside whatever a protocol answers: Secure, HttpOnly, and as long as the token is valid. */
export function withTokenCookie<Writer extends Pick<IssueProtocol, 'writeToken'>>(
  protocol: Writer,
  options: TokenCookieOptions
): Writer {
  const { name, sameSite, path, domain, onTooLarge } = options
  const scope = domain === undefined ? `Path=${path}` : `Path=${path}; Domain=${domain}`
  const attributes = `${scope}; Secure; HttpOnly; SameSite=${sameSite}`

  return {
    ...protocol,
    writeToken(context, issued) {
      const { token, issuedAt, expiresAt } = issued
      const length = name.length + token.length
      if (length > MOST_BYTES) onTooLarge(context, length)
      context.append(
        'Set-Cookie',
        `${name}=${token}; Max-Age=${expiresAt - issuedAt}; ${attributes}`
      )
      protocol.writeToken(context, issued)
    }
  }
}
