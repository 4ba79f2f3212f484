import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { applyLoad } from '../../bench/load.ts'
import { buildPrograms } from '../../bench/servers.ts'

const placement = { others: [process.execPath] }

test.before(buildPrograms)

async function listen(t: ExecutionContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const post = { path: '/any', method: 'POST', connections: 2, seconds: 20 } as const

test('variations are sent in turn, with their headers and bodies, up to a count', async (t) => {
  const bodies: string[] = []
  const port = await listen(t, async (request, response) => {
    let body = `${request.headers.tenant} `
    for await (const chunk of request) body += chunk
    bodies.push(body)
    response.end('{}')
  })
  const requests = ['one', 'two', 'three'].map((name) => ({
    headers: { tenant: name },
    body: `ä${name}`
  }))

  const result = await applyLoad({ ...post, port, connections: 1, requests, count: 4 }, placement)

  t.deepEqual(bodies, ['one äone', 'two ätwo', 'three äthree', 'one äone'])
  t.deepEqual(result.statuses, { 200: 4 })
  t.deepEqual(result.samples, [{ variation: 0, status: 200, body: '{}' }])
  t.is(result.unanswered, 0)
})

test('answers are counted by status, and latencies of good answers are kept apart', async (t) => {
  let count = 0
  const port = await listen(t, (_request, response) => {
    count += 1
    if (count % 4 === 0) response.writeHead(503)
    response.end('whatever')
  })

  const { statuses, good, other, requests } = await applyLoad(
    { ...post, port, count: 40 },
    placement
  )

  t.deepEqual(statuses, { 200: 30, 503: 10 })
  t.is(requests, 40)
  t.is(good.count, 30)
  t.is(other.count, 10)
})

test('answers are read to the end, whether chunked, whole or without a body', async (t) => {
  const large = 'x'.repeat(300_000)
  const writers: RequestListener[] = [
    (_request, response) => response.writeHead(200, { 'content-length': large.length }).end(large),
    (_request, response) => {
      response.write(large)
      setTimeout(() => response.end('end'), 5)
    },
    (_request, response) => response.writeHead(204).end()
  ]
  let count = 0
  const port = await listen(t, (request, response) => {
    writers[count % writers.length]?.(request, response)
    count += 1
  })

  const { statuses, unanswered } = await applyLoad(
    { ...post, port, count: 30, connections: 1 },
    placement
  )

  t.deepEqual(statuses, { 200: 20, 204: 10 })
  t.is(unanswered, 0)
})

test('a connection that the server closes is reopened, and a request without an answer is counted', async (t) => {
  let count = 0
  const port = await listen(t, (request, response) => {
    count += 1
    if (count === 5) request.socket.destroy()
    else if (count % 2 === 0) response.setHeader('connection', 'close').end('{}')
    else response.end('{}')
  })

  const { statuses, unanswered } = await applyLoad({ ...post, port, count: 20 }, placement)

  t.deepEqual(statuses, { 200: 19 })
  t.is(unanswered, 1)
})

test('at a fixed rate, requests that wait for a connection count from when they were due', async (t) => {
  const port = await listen(t, (_request, response) => {
    setTimeout(() => response.end('{}'), 100)
  })

  const { requests, unsent, good } = await applyLoad(
    { ...post, port, connections: 1, rate: 50, seconds: 2 },
    placement
  )

  // One connection answers ten a second at most: the rest of the hundred piles up, and the last one that is sent was due long ago.
  t.true(requests <= 21)
  t.true(requests + unsent >= 95)
  t.true(good.maxMicroseconds > 1_000_000)
})
