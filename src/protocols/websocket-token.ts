/** Tokens among the protocols that a browser offers when it opens a WebSocket: it cannot set any other header (RFC 6455, section 1.9). */
import { trimBlanks } from '../blanks.ts'

/** The protocols by which clients announce a token: `bearer, <token>` or `bearer.<token>`. */
const ANNOUNCEMENTS: ReadonlySet<string> = new Set([
  'access_token',
  'authorization',
  'bearer',
  'jwt',
  'token'
])

/** Of Kubernetes (`base64url.bearer.authorization.k8s.io.`), OpenShift and Phoenix: names of protocols cannot have all characters that tokens can. */
const ENCODED = /^base64(?:url)?\.bearer\.(?:.+\.)?([\w-]+)$/i

/** A compact JWS, whose header begins with a brace. No protocol has a name like it, so that `new WebSocket(url, token)` is clear, too. */
const JWS = /^ey[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Finds the tokens in the value of a `Sec-WebSocket-Protocol` header: after a protocol that announces one, in one that begins with such
 * names and dots, encoded as base64url after `base64url.bearer.` and a name, or a JWT by itself.
 * @param value a list with commas
 */
export function tokensInProtocols(value: string): string[] {
  const protocols = value.split(',').map(trimBlanks)
  const tokens: string[] = []
  for (let index = 0; index < protocols.length; index++) {
    const protocol = protocols[index] ?? ''
    const [, encoded] = ENCODED.exec(protocol) ?? []
    const announced = afterAnnouncements(protocol)
    if (encoded !== undefined) tokens.push(Buffer.from(encoded, 'base64url').toString())
    else if (announced !== protocol || JWS.test(protocol)) tokens.push(announced)
    else if (isAnnouncement(protocol)) {
      const next = protocols[index + 1] ?? ''
      // `authorization, bearer, <token>` is there too.
      if (isAnnouncement(next)) continue
      tokens.push(next)
      index++
    }
  }
  return tokens
}

/** The text after `bearer.`, or `authorization.bearer.`; the whole text without such a prefix. */
function afterAnnouncements(text: string): string {
  let rest = text
  for (let dot = rest.indexOf('.'); dot !== -1; dot = rest.indexOf('.')) {
    if (!isAnnouncement(rest.slice(0, dot))) break
    rest = rest.slice(dot + 1)
  }
  return rest
}

function isAnnouncement(text: string): boolean {
  return ANNOUNCEMENTS.has(text.toLowerCase())
}
