/** An endpoint of KrakenD with a signer becomes a route that issues. */
import type { Section } from '../source.ts'
import { given, goDuration, withoutUser } from '../system.ts'
import { readKeyPlace, toKey, type WrittenKey } from './keys.ts'

/** Headers that a call sets itself, or that belong to one connection: they cannot be passed on. */
const NOT_FORWARDED =
  /^(?:connection|keep-alive|te|trailer|upgrade|expect|host|(?:content|transfer|accept)-(?:encoding|length|type))$/i

export interface SigningRoute {
  readonly key: WrittenKey
  readonly route: Readonly<Record<string, unknown>>
}

/** @param root has the defaults of endpoints */
export function readSigningRoute(endpoint: Section, root: Section): SigningRoute {
  const signer = endpoint.section('extra_config').section('auth/signer')
  const method = (endpoint.text('method') ?? 'GET').toUpperCase()
  if (method !== 'POST') {
    endpoint.note(
      'method',
      'has no equal: the route answers POST, and its clients have to send that'
    )
  }
  const kid = signer.text('kid')
  const alg = signer.text('alg') ?? 'RS256'
  return {
    key: toKey(readKeyPlace(signer), { kid, alg }),
    route: given({
      issue: endpoint.text('endpoint'),
      protocol: 'krakend',
      claims: [readRemote(endpoint, root, method)],
      key: kid,
      expiresAt: 'required',
      sign: signer.texts('keys_to_sign'),
      full: signer.flag('full') === true ? true : undefined,
      typ: signer.text('typ')
    })
  }
}

function readRemote(endpoint: Section, root: Section, endpointMethod: string) {
  const [backend, ...others] = endpoint.items('backend')
  for (const other of others) {
    other.note(undefined, 'is not called: a reply comes from one backend, the first')
  }
  const method = (backend?.text('method') ?? endpointMethod).toUpperCase()
  if (method !== 'POST' && method !== 'GET') {
    backend?.note('method', 'has no equal: a remote is called by POST or GET, and POST is put in')
  }
  const encoding = backend?.text('encoding') ?? 'json'
  if (encoding !== 'json' && encoding !== 'safejson') {
    backend?.note('encoding', 'has no equal: the reply has to be JSON')
  }
  return given({
    from: 'remote',
    url: `${readHost(backend, root)}${backend?.text('url_pattern') ?? '/'}`,
    method: method === 'GET' ? 'GET' : undefined,
    forward: readForwarded(endpoint),
    timeout: goDuration(endpoint, 'timeout') ?? goDuration(root, 'timeout') ?? '2s'
  })
}

function readHost(backend: Section | undefined, root: Section): string {
  const owner = backend?.has('host') === true ? backend : root
  const [host = '', ...others] = owner.texts('host')
  if (others.length > 0) {
    owner.note(
      'host',
      'has several hosts, of which the first is called: put a load balancer before them'
    )
  }
  const url = host.includes('://') ? host : `http://${host}`
  return withoutUser(owner, 'host', url).replace(/\/+$/, '')
}

function readForwarded(endpoint: Section): string[] | undefined {
  const name = endpoint.has('headers_to_pass') ? 'headers_to_pass' : 'input_headers'
  const headers = endpoint.texts(name)
  if (headers.includes('*'))
    endpoint.note(name, 'has *, which has no equal: name each header in forward')
  const forwarded = headers.filter((header) => header !== '*' && !NOT_FORWARDED.test(header))
  return forwarded.length === 0 ? undefined : forwarded.map((header) => header.toLowerCase())
}
