/** A host that is loaded when it is needed. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createLazyHost } from '../../src/server/lazy-host.ts'

const answer: RequestListener = (_request, response) => response.end('loaded')

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  t.teardown(() => server.close().closeAllConnections())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a lazy host is loaded once, by the first requests, which wait for it', async (t) => {
  let loads = 0
  const load = async () => {
    loads++
    return answer
  }
  const url = await serve(
    t,
    createLazyHost(load, { isNeeded: false, onError: (error) => t.fail(error.message) })
  )
  t.is(loads, 0)
  const texts = await Promise.all([1, 2, 3].map(async () => (await fetch(url)).text()))
  t.deepEqual(texts, ['loaded', 'loaded', 'loaded'])
  t.is(loads, 1)
})

test('a lazy host that is needed is loaded at once', (t) => {
  let loads = 0
  const load = async () => {
    loads++
    return answer
  }
  createLazyHost(load, { isNeeded: true, onError: (error) => t.fail(error.message) })
  t.is(loads, 1)
})

test('a lazy host that cannot be loaded ends the connection, and reports why', async (t) => {
  const errors: string[] = []
  const load = () => Promise.reject(new Error('no such file'))
  const onError = ({ message }: Error) => errors.push(message)
  const url = await serve(t, createLazyHost(load, { isNeeded: true, onError }))
  await t.throwsAsync(fetch(url))
  t.deepEqual(errors, ['no such file'])
})
