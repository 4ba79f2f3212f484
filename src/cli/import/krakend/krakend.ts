/** krakend.json: the signer and the validator of JSON Web Tokens are converted. */
import type { ReadText } from '../../../settings/text-file.ts'
import { CommandError } from '../../command.ts'
import type { Section, Source } from '../source.ts'
import { type Comment, given, type Imported, type System } from '../system.ts'
import { createKeyList } from './key-list.ts'
import { GATEWAY, KRAKEND_SETTINGS } from './settings.ts'
import { readSigningRoute } from './signer.ts'
import { readCheckingRoute } from './validator.ts'

/** The names of version 1 of KrakenD's file. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'github_com/devopsfaith/bloomfilter': 'auth/revoker',
  'github.com/devopsfaith/krakend-jose/signer': 'auth/signer',
  'github.com/devopsfaith/krakend-jose/validator': 'auth/validator'
}

export const krakend: System = {
  title: 'KrakenD',
  settings: KRAKEND_SETTINGS,
  toName: (key) => OLD_NAMES[key] ?? key.replaceAll('-', '_'),
  toSettingName: (path) =>
    path
      .replace(/^endpoints\[\]\.extra_config\.(?=auth\/(?:signer|validator))/, '')
      .replace(/^(?:endpoints\[\]\.)?extra_config\.(?=auth\/revoker\.)/, ''),
  convert
}

type Written = Readonly<Record<string, unknown>>

function convert({ root }: Source, readBeside: ReadText): Imported {
  const keys = createKeyList(readBeside)
  const issuing: Written[] = []
  const endpoints = root.items('endpoints').map((endpoint) => ({
    endpoint,
    auth: endpoint.section('extra_config')
  }))
  for (const { endpoint, auth } of endpoints) {
    if (!auth.has('auth/signer')) continue
    const { key, route } = readSigningRoute(endpoint, root)
    keys.addSigning(key, auth.section('auth/signer'))
    issuing.push(route)
  }
  // The keys of validators may be those of signers, which are all known by now.
  const checked = endpoints.flatMap(({ endpoint, auth }) => {
    const isSigned = auth.has('auth/signer')
    if (!auth.has('auth/validator')) {
      if (!isSigned) {
        endpoint.note(undefined, 'has neither a signer nor a validator; the gateway keeps it')
      }
      return []
    }
    const validator = auth.section('auth/validator')
    const { key, route } = readCheckingRoute(validator)
    if (!isSigned) noteOthers(endpoint)
    const own = key && keys.addVerifying(key, validator)
    return [{ name: endpoint.text('endpoint') ?? '', route, own }]
  })
  if (issuing.length === 0 && checked.length === 0) {
    throw new CommandError('found neither auth/signer nor auth/validator in an endpoint')
  }
  const { keys: written, keysOf } = keys.finish()
  const gates = new Map<string, { route: Written; names: string[] }>()
  for (const { name, route, own } of checked) {
    const gate = own === undefined ? route : { verify: [{ keys: keysOf(own) }], ...route }
    const known = gates.get(JSON.stringify(gate))
    if (known === undefined) gates.set(JSON.stringify(gate), { route: gate, names: [name] })
    else known.names.push(name)
  }
  const routes = [
    ...issuing,
    ...Array.from(gates.values(), ({ route }, index) => ({
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
        ...(gates.size > 0 && { gate: { port: 8890, host: '127.0.0.1' } })
      },
      keys: written.length === 0 ? undefined : written,
      routes
    }),
    comments: [
      ...issuing.map(
        (_route, index): Comment => [
          ['routes', index, 'expiresAt'],
          'A field without an exp of its own is an error. With a lifetime instead, each ends by then.'
        ]
      ),
      ...Array.from(
        gates.values(),
        ({ names }, index): Comment => [
          ['routes', issuing.length + index],
          `The gateway asks here (docs/examples/gateway.md) before it passes on: ${names.join(', ')}`
        ]
      )
    ]
  }
}

/** The other settings of an endpoint with a validator. */
function noteOthers(endpoint: Section): void {
  for (const name of endpoint.names()) {
    if (name !== 'endpoint' && name !== 'extra_config') endpoint.note(name, GATEWAY)
  }
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
