import { once } from 'node:events'
import { request as ask } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { createReadClient } from '../../src/server/client-address.ts'
import { send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const TRUSTED = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'unix']

/** The client of a request over a connection from this address, with these headers of proxies. */
function read(
  remoteAddress: string | undefined,
  headers: Record<string, string>,
  trustedProxies: readonly string[] = TRUSTED
) {
  const socket = { remoteAddress } as Parameters<ReturnType<typeof createReadClient>>[0]['socket']
  return createReadClient(trustedProxies)({ socket, headers })
}

function forwardedFor(
  field: string,
  connection: string | undefined = '127.0.0.1'
): string | undefined {
  return read(connection, { 'x-forwarded-for': field }).forwardedFor
}

function forwarded(field: string): string | undefined {
  return read('127.0.0.1', { forwarded: field }).forwardedFor
}

test('without trusted proxies the client is the peer of the connection, whatever it sends', (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' }
  const expected = { connection: '10.0.0.1', address: '10.0.0.1', forwardedFor: '10.0.0.1' }
  t.deepEqual(read('10.0.0.1', headers, []), expected)
  t.deepEqual(read('::ffff:10.0.0.1', headers, []), expected)
})

test('headers of an untrusted peer are ignored', (t) => {
  t.is(forwardedFor('203.0.113.7', '192.0.2.1'), '192.0.2.1')
  t.is(forwardedFor('203.0.113.7', '2001:db8::1'), '2001:db8::1')
})

const LISTS: readonly (readonly [given: string, expected: string])[] = [
  ['203.0.113.7', '203.0.113.7, 127.0.0.1'],
  ['198.51.100.1, 203.0.113.7', '203.0.113.7, 127.0.0.1'],
  ['198.51.100.1,203.0.113.7 ,\t10.1.1.1', '203.0.113.7, 10.1.1.1, 127.0.0.1'],
  ['10.0.0.2, 10.0.0.1', '10.0.0.2, 10.0.0.1, 127.0.0.1'],
  ['203.0.113.7:4711', '203.0.113.7, 127.0.0.1'],
  ['2001:DB8:0:0::1', '2001:db8::1, 127.0.0.1'],
  ['[2001:db8::1]', '2001:db8::1, 127.0.0.1'],
  ['[2001:db8::1]:4711', '2001:db8::1, 127.0.0.1'],
  ['::ffff:203.0.113.7', '203.0.113.7, 127.0.0.1'],
  ['198.51.100.1, ::ffff:10.0.0.1', '198.51.100.1, 10.0.0.1, 127.0.0.1'],
  ['198.51.100.1, fd00::1', '198.51.100.1, fd00::1, 127.0.0.1'],
  ['198.51.100.1, unix:, 10.0.0.1', '198.51.100.1, 10.0.0.1, 127.0.0.1'],
  // The list is trusted up to the proxy that wrote it, and no further.
  ['', '127.0.0.1'],
  [', ', '127.0.0.1'],
  ['203.0.113.7,', '203.0.113.7, 127.0.0.1'],
  ['203.0.113.7, ,\t', '203.0.113.7, 127.0.0.1'],
  ['198.51.100.1, 203.0.113.7,, ,10.0.0.1', '203.0.113.7, 10.0.0.1, 127.0.0.1'],
  ['198.51.100.1, unknown', '127.0.0.1'],
  ['198.51.100.1, _hidden, 10.0.0.1', '10.0.0.1, 127.0.0.1'],
  ['198.51.100.1, 203.0.113.007', '127.0.0.1'],
  ['198.51.100.1, 203.0.113.7:http', '127.0.0.1'],
  ['198.51.100.1, [203.0.113.7]', '127.0.0.1'],
  ['198.51.100.1, [2001:db8::1', '127.0.0.1'],
  ['198.51.100.1, "203.0.113.7"', '127.0.0.1'],
  ['198.51.100.1, fe80::1%eth0', '127.0.0.1'],
  ['198.51.100.1, 203.0.113.7 203.0.113.8', '127.0.0.1']
]

for (const [given, expected] of LISTS) {
  test(`X-Forwarded-For: ${JSON.stringify(given)}`, (t) => {
    t.is(forwardedFor(given), expected)
  })
}

const FORWARDED: readonly (readonly [given: string, expected: string])[] = [
  ['for=203.0.113.7', '203.0.113.7, 127.0.0.1'],
  ['For="203.0.113.7:4711";proto=https;by=10.0.0.1', '203.0.113.7, 127.0.0.1'],
  ['by=10.0.0.1; for="[2001:DB8::1]:4711"', '2001:db8::1, 127.0.0.1'],
  ['for="[2001:db8::1]:_port"', '2001:db8::1, 127.0.0.1'],
  ['for=198.51.100.1, for=203.0.113.7;host="a, for=1.1.1.1"', '203.0.113.7, 127.0.0.1'],
  ['for=198.51.100.1, for=203.0.113.7;host="a, for=1.1.1.1;x=\\"\\""', '203.0.113.7, 127.0.0.1'],
  ['for=198.51.100.1, for=10.0.0.1', '198.51.100.1, 10.0.0.1, 127.0.0.1'],
  ['for=203.0.113.7;', '203.0.113.7, 127.0.0.1'],
  ['for="203.0.113.\\7"', '203.0.113.7, 127.0.0.1'],
  // A quote that a client leaves open hides nothing of what a proxy writes after it.
  ['for="evil, for=203.0.113.7', '203.0.113.7, 127.0.0.1'],
  ['for=1.1.1.1;by=", for="[2001:db8::1]"', '2001:db8::1, 127.0.0.1'],
  ['for=198.51.100.1, for=unknown', '127.0.0.1'],
  ['for=198.51.100.1, for=_gazonk', '127.0.0.1'],
  ['for=198.51.100.1, proto=https', '127.0.0.1'],
  ['for=198.51.100.1, for=203.0.113.7;for=203.0.113.8', '127.0.0.1'],
  ['for=198.51.100.1, for', '127.0.0.1'],
  ['for=198.51.100.1, for = 203.0.113.7', '127.0.0.1'],
  ['for=198.51.100.1, for="203.0.113.7', '127.0.0.1'],
  ['for=198.51.100.1, 203.0.113.7', '127.0.0.1'],
  ['for=198.51.100.1, by=10.0.0.1, for=10.0.0.1', '10.0.0.1, 127.0.0.1'],
  ['for=203.0.113.7,', '203.0.113.7, 127.0.0.1'],
  ['for=203.0.113.7,, for=10.0.0.1 ,', '203.0.113.7, 10.0.0.1, 127.0.0.1']
]

for (const [given, expected] of FORWARDED) {
  test(`Forwarded: ${given}`, (t) => {
    t.is(forwarded(given), expected)
  })
}

test('both fields count only where they agree, since a client may have written one', (t) => {
  const both = (list: string, field: string) =>
    read('127.0.0.1', { 'x-forwarded-for': list, forwarded: field }).address
  t.is(both('198.51.100.1, 203.0.113.7', 'for=203.0.113.7'), '203.0.113.7')
  t.is(both('203.0.113.7', 'for=198.51.100.1'), '127.0.0.1')
  for (const field of [
    'for=nonsense',
    'for=_hidden',
    'for=',
    'for',
    'nonsense',
    'proto=https, for=unknown',
    'for=unknown, proto=https',
    'host="a',
    Array(100).fill('proto=https').join()
  ]) {
    t.is(both('203.0.113.7', field), '127.0.0.1', field)
  }
})

test('a field that names no client is ignored beside the other one', (t) => {
  const both = (list: string, field: string) =>
    read('127.0.0.1', { 'x-forwarded-for': list, forwarded: field }).forwardedFor
  for (const field of [
    '',
    ' , ',
    ';',
    'proto=https;host=a',
    'by=10.0.0.1',
    'host="a, for=1.1.1.1", proto=https,',
    'secret=for'
  ]) {
    t.is(both('198.51.100.1, 203.0.113.7', field), '203.0.113.7, 127.0.0.1', field)
  }
  for (const list of ['', ',']) t.is(both(list, 'for=203.0.113.7'), '203.0.113.7, 127.0.0.1')
  t.is(forwarded('proto=https'), '127.0.0.1')
})

test('a connection over a Unix socket has no address, and is trusted where unix is', (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  t.deepEqual(read(undefined, headers), {
    connection: undefined,
    address: '203.0.113.7',
    forwardedFor: '203.0.113.7'
  })
  t.is(read(undefined, headers, ['10.0.0.0/8']).address, undefined)
})

test('many hops and long fields of a client are cheap', (t) => {
  t.is(forwardedFor(Array(2000).fill('10.0.0.1').join())?.split(', ').length, 33)
  const blanks = ' '.repeat(16_000)
  t.is(forwarded(`for=1.1.1.1,${blanks}x`), '127.0.0.1')
  t.is(forwardedFor(`1.1.1.1,x${blanks}x`), '127.0.0.1')
  t.is(forwardedFor(`203.0.113.7${','.repeat(16_000)}`), '203.0.113.7, 127.0.0.1')
})

test('networks contain their addresses, in either notation', (t) => {
  const isTrusted = (network: string, address: string) =>
    read(address, { 'x-forwarded-for': '203.0.113.7' }, [network]).address === '203.0.113.7'
  t.true(isTrusted('::ffff:10.0.0.0/104', '10.9.9.9'))
  t.true(isTrusted('10.0.0.0/8', '::ffff:10.9.9.9'))
  t.true(isTrusted('10.1.2.3/8', '10.9.9.9'))
  t.true(isTrusted('0.0.0.0/0', '192.0.2.1'))
  t.true(isTrusted('fe80::/10', 'fe80::1%eth0'))
  t.false(isTrusted('10.0.0.0/9', '10.200.0.1'))
  t.false(isTrusted('2001:db8::/32', '2001:db9::1'))
})

interface Sent {
  readonly forwarded?: string | undefined
  readonly list?: string | undefined
}

/** A service whose remote shows its requests. */
async function startForwarding(
  t: ExecutionContext,
  { source, trustedProxies }: { source: object; trustedProxies?: readonly string[] }
) {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startService(t, {
    config: JSON.stringify({
      listen: { main: { ...(trustedProxies && { trustedProxies }) } },
      log: { clientAddress: true },
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: ['/token', '/token/{name}'].map((issue) => ({
        issue,
        claims: [{ from: 'remote', url: remote.url, ...source }]
      }))
    })
  })
  const ask = async (headers: Record<string, string>, path = '/token'): Promise<Sent> => {
    await send(`${service.url}${path}`, { method: 'POST', body: '{}', headers })
    const seen = remote.requests.at(-1)?.headers
    return { list: seen?.['x-forwarded-for'] as string | undefined, forwarded: seen?.forwarded }
  }
  return { service, ask }
}

const FORGED = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' }

test('clientAddress sends the address of the connection, and replaces values of the client', async (t) => {
  const forwarding = { clientAddress: true, forward: ['x-forwarded-for', 'accept-language'] }
  for (const source of [{ clientAddress: true }, forwarding]) {
    const { ask, service } = await startForwarding(t, { source })
    for (const path of ['/token', '/token/ada']) {
      t.is((await ask({}, path)).list, '127.0.0.1')
      t.deepEqual(await ask(FORGED, path), { list: '127.0.0.1', forwarded: undefined })
    }
    const lines = await service.requestLines(4)
    t.true(lines.every(({ client }) => client === '127.0.0.1'))
  }
})

test('behind a trusted proxy, clientAddress sends the client and appends the proxy', async (t) => {
  const { ask, service } = await startForwarding(t, {
    source: { clientAddress: true },
    trustedProxies: ['127.0.0.0/8']
  })
  const list = '198.51.100.1, 203.0.113.7'
  t.is((await ask({ 'x-forwarded-for': list })).list, '203.0.113.7, 127.0.0.1')
  const [line] = await service.requestLines(1)
  t.is(line?.client, '203.0.113.7')
})

test('without clientAddress nothing is sent, and forwarded lists get the connection appended', async (t) => {
  const silent = await startForwarding(t, { source: {} })
  t.deepEqual(await silent.ask(FORGED), { list: undefined, forwarded: undefined })
  const { ask } = await startForwarding(t, {
    source: { forward: ['x-forwarded-for', 'forwarded'] }
  })
  t.deepEqual(await ask({}), { list: '127.0.0.1', forwarded: 'for=127.0.0.1' })
  t.deepEqual(await ask(FORGED), {
    list: '203.0.113.7, 127.0.0.1',
    forwarded: 'for=203.0.113.7, for=127.0.0.1'
  })
})

test('several lines of a field are one list, in order', async (t) => {
  const { service } = await startForwarding(t, {
    source: { clientAddress: true },
    trustedProxies: ['127.0.0.1']
  })
  const request = ask(`${service.url}/token`, { method: 'POST', agent: false })
  request.setHeader('x-forwarded-for', ['203.0.113.7', '198.51.100.1'])
  request.end('{}')
  await once(request, 'response')
  const [line] = await service.requestLines(1)
  t.is(line?.client, '198.51.100.1')
})
