/** The service that Themis asks for claims becomes a remote source. */
import type { Section } from '../source.ts'
import { given, goDuration, urlWithoutUser } from '../system.ts'
import { type Named, readNamed, readPlace, readValue } from './claims.ts'

type Written = Readonly<Record<string, unknown>>

/** An item of `metadata`, and where it is from. */
interface Item extends Named {
  readonly header?: unknown
  readonly parameter?: unknown
  readonly variable?: unknown
  readonly value?: unknown
}

const NO_BODY = 'has no equal: a GET has no body here; name it as {name} in url'
const NO_REMOTE = 'is what a remote is sent, and there is none'

/** @returns undefined where there is no remote */
export function readRemote(token: Section, client: Section) {
  const remote = token.section('remote')
  const url = urlWithoutUser(remote, 'url')
  if (url === undefined) {
    for (const name of ['metadata', 'pathWildCards', 'queryParameters']) {
      if (token.has(name)) token.note(name, NO_REMOTE)
    }
    return undefined
  }
  const method = (remote.text('method') ?? 'POST').toUpperCase()
  const isGet = method === 'GET'
  if (!isGet && method !== 'POST') {
    remote.note('method', 'has no equal: a remote is called by POST or GET, and POST is put in')
  }
  const parameters = readNamed(token, 'queryParameters').map(readItem)
  const inUrl = addParameters(url, parameters)
  const sent = isGet ? [] : readNamed(token, 'metadata').map(readItem)
  if (isGet && token.has('metadata')) token.note('metadata', NO_BODY)
  const wildcards = readNamed(token, 'pathWildCards').flatMap((wildcard) => {
    const item = readItem(wildcard)
    if (inUrl.includes(`{${item.name}}`)) return [item]
    wildcard.section.note(undefined, 'is in no url; left out')
    return []
  })
  const metadata = merge([
    ...sent,
    ...readPartner(token, inUrl, isGet),
    ...wildcards,
    ...parameters
  ])
  return given({
    from: 'remote',
    url: inUrl,
    method: isGet ? 'GET' : undefined,
    send: isGet ? undefined : metadata.length === 0 ? 'nothing' : 'metadata',
    metadata: metadata.length === 0 ? undefined : metadata,
    success: '2xx',
    timeout: goDuration(client, 'timeout'),
    tls: readTls(client)
  })
}

function readItem({ name, section }: Named): Item {
  const place = readPlace(section)
  const value = place === undefined ? readValue(section) : undefined
  if (value === '') {
    section.note(
      'value',
      'is empty: a request that has the name in no other place is rejected (400)'
    )
  }
  return {
    name,
    section,
    ...place,
    ...(value === undefined || value === '' ? {} : { value })
  }
}

/** The partner is a separate metadata item; in Themis it is the whole list. */
function readPartner(token: Section, url: string, isGet: boolean): Item[] {
  const partner = token.section('partnerID')
  const place = readPlace(partner)
  return ['metadata', 'pathWildCard', 'queryParameter'].flatMap((setting) => {
    const name = partner.text(setting)
    if (name === undefined) return []
    if (isGet && !url.includes(`{${name}}`)) {
      partner.note(setting, NO_BODY)
      return []
    }
    partner.note(
      setting,
      'is sent as the client wrote it, the whole list, and not at all without one'
    )
    return [{ name, section: partner, ...place }]
  })
}

/** A duplicate name becomes one item, with all of its places; of two places of the same kind the last counts. */
function merge(items: readonly Item[]): Written[] {
  const merged = new Map<string, Item>()
  for (const item of items) {
    const former = merged.get(item.name)
    for (const kind of ['header', 'parameter', 'variable', 'value'] as const) {
      if (former?.[kind] !== undefined && item[kind] !== undefined && former[kind] !== item[kind]) {
        former.section.note(kind, 'is read no more: a name has one of each kind, the last')
      }
    }
    merged.set(item.name, { ...former, ...item })
  }
  return [...merged.values()].map(({ section, value, ...item }) => {
    if (value === undefined) return item
    if (Object.keys(item).length === 1) return { ...item, value }
    section.note('value', 'is not sent: the name is in the request, and a value alone has no place')
    return item
  })
}

function addParameters(url: string, parameters: readonly Item[]): string {
  return parameters.reduce<string>(
    (text, { name }) =>
      text.includes(`{${name}}`)
        ? text
        : `${text}${text.includes('?') ? '&' : '?'}${name}={${name}}`,
    url
  )
}

function readTls(client: Section) {
  const [certificate, ...others] = client.section('tls').items('certificates')
  for (const other of others) other.note(undefined, 'is not shown: one certificate is, the first')
  const [cert, key] = [certificate?.text('certificateFile'), certificate?.text('keyFile')]
  return cert === undefined || key === undefined
    ? undefined
    : { cert: { file: cert }, key: { file: key } }
}
