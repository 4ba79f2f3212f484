/** krakend.json: the signer and the validator of JSON Web Tokens are converted. */
import { CommandError } from '../../command.ts'
import type { Section, Source } from '../source.ts'
import { type Comment, given, type Imported, type System } from '../system.ts'
import { GATEWAY, KRAKEND_SETTINGS } from './settings.ts'
import { readSigningRoute } from './signer.ts'
import { readCheckingRoute } from './validator.ts'

/** The names of version 1 of KrakenD's file. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'github.com/devopsfaith/krakend-jose/signer': 'auth/signer',
  'github.com/devopsfaith/krakend-jose/validator': 'auth/validator'
}

export const krakend: System = {
  title: 'KrakenD',
  settings: KRAKEND_SETTINGS,
  toName: (key) => OLD_NAMES[key] ?? key.replaceAll('-', '_'),
  toSettingName: (path) =>
    path.replace(/^endpoints\[\]\.extra_config\.(?=auth\/(?:signer|validator))/, ''),
  convert
}

type Written = Readonly<Record<string, unknown>>

function convert({ root }: Source): Imported {
  const keys: Written[] = []
  const issuing: Written[] = []
  const checking = new Map<string, { route: Written; endpoints: string[] }>()
  for (const endpoint of root.items('endpoints')) {
    const auth = endpoint.section('extra_config')
    const name = endpoint.text('endpoint') ?? ''
    if (auth.has('auth/signer')) {
      const { key, route } = readSigningRoute(endpoint, root)
      addKey(key, auth.section('auth/signer'))
      issuing.push(route)
    }
    if (auth.has('auth/validator')) {
      const validator = auth.section('auth/validator')
      const { key, route } = readCheckingRoute(validator)
      if (key !== undefined) addKey(key, validator)
      const known = checking.get(JSON.stringify(route))
      if (known === undefined) checking.set(JSON.stringify(route), { route, endpoints: [name] })
      else known.endpoints.push(name)
      if (!auth.has('auth/signer')) noteOthers(endpoint)
    } else if (!auth.has('auth/signer')) {
      endpoint.note(undefined, 'has neither a signer nor a validator; the gateway keeps it')
    }
  }
  if (issuing.length === 0 && checking.size === 0) {
    throw new CommandError('found neither auth/signer nor auth/validator in an endpoint')
  }
  const gates = [...checking.values()]
  const routes = [
    ...issuing,
    ...gates.map(({ route }, index) => ({
      check: index === 0 ? '/auth' : `/auth-${index + 1}`,
      on: 'gate',
      protocol: 'forward-auth',
      ...route
    }))
  ]
  return {
    config: given({
      listen: {
        main: readListener(root),
        ...(gates.length > 0 && { gate: { port: 8890, host: '127.0.0.1' } })
      },
      keys: keys.length === 0 ? undefined : keys,
      routes
    }),
    comments: [
      ...issuing.map(
        (_route, index): Comment => [
          ['routes', index, 'expiresAt'],
          'A field without an exp of its own is an error. With a lifetime instead, each ends by then.'
        ]
      ),
      ...gates.map(
        ({ endpoints }, index): Comment => [
          ['routes', issuing.length + index],
          `The gateway asks here (docs/examples/gateway.md) before it passes on: ${endpoints.join(', ')}`
        ]
      )
    ]
  }

  function addKey(key: Written, section: Section): void {
    const isKnown = keys.some((other) => isSameKey(other, key))
    if (isKnown) return
    if (key.kid !== undefined && keys.some(({ kid }) => kid === key.kid)) {
      section.note('kid', 'is that of another key, too; one kid is one key here, the first')
      return
    }
    keys.push(key)
  }
}

/** The other settings of an endpoint with a validator. */
function noteOthers(endpoint: Section): void {
  for (const name of endpoint.names()) {
    if (name !== 'endpoint' && name !== 'extra_config') endpoint.note(name, GATEWAY)
  }
}

/** A validator names no kid: it uses the key of a signer from the same place. */
function isSameKey(one: Written, other: Written): boolean {
  const placeOf = ({ alg, jwks, jwksUrl }: Written) => JSON.stringify({ alg, jwks, jwksUrl })
  return placeOf(one) === placeOf(other) && (other.kid === undefined || one.kid === other.kid)
}

function readListener(root: Section) {
  const tls = root.section('tls')
  const [cert, key] = [tls.text('public_key'), tls.text('private_key')]
  return given({
    port: root.number('port') ?? 8080,
    host: root.text('listen_ip'),
    tls:
      cert === undefined || key === undefined
        ? undefined
        : { cert: { file: cert }, key: { file: key } }
  })
}
