/** The curl line that sends a token to a check route. The token is on its standard input, since others could read a URL or an argument. */
import { partsOf, type TokenPlace } from '../token-places.ts'

/** A request with the token in its header or in its body, where `TOKEN` is in its place. */
export type CurlRequest =
  | { readonly header: string; readonly needsApiKey: boolean }
  | { readonly body: string; readonly needsApiKey: boolean }

/** The settings of a check route that are used here. */
export interface AskedRoute {
  readonly protocol: string
  readonly token?: readonly TokenPlace[] | undefined
  readonly auth?: object | undefined
}

/** How a request to a route carries a token; undefined where only a gateway, or a URL, carries it. */
export function describeRequest({ protocol, token, auth }: AskedRoute): CurlRequest | undefined {
  const needsApiKey = auth !== undefined
  if (protocol === 'introspection') return { body: 'token=TOKEN', needsApiKey }
  for (const place of token ?? (['header'] as const)) {
    const header = headerOf(...partsOf(place))
    if (header !== undefined) return { header, needsApiKey }
    if (place === 'body') return { body: 'access_token=TOKEN', needsApiKey }
  }
  return undefined
}

function headerOf(kind: string, name = ''): string | undefined {
  if (kind === 'header') return name === '' ? 'Authorization: Bearer TOKEN' : `${name}: TOKEN`
  if (kind === 'scheme') return `Authorization: ${name} TOKEN`
  return kind === 'cookie' ? `Cookie: ${name}=TOKEN` : undefined
}
