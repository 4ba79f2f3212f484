import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { createChannel, type MessagePort } from '../../src/workers/channel.ts'

interface Sums {
  readonly add: (input: readonly number[]) => number
  readonly fail: (input: string) => void
  readonly hang: (input: null) => void
}

type Nothing = Record<never, never>

/** Two ports, each of which gets what the other sends, as JSON and a moment later. */
function createPorts(): [MessagePort, MessagePort] {
  const listeners: ((message: unknown) => void)[] = [() => {}, () => {}]
  const [first, second] = [1, 0].map((other, own) => ({
    send(message: object) {
      const text = JSON.stringify(message)
      setImmediate(() => listeners[other]?.(JSON.parse(text)))
    },
    onMessage(listener: (message: unknown) => void) {
      listeners[own] = listener
    }
  }))
  if (first === undefined || second === undefined) throw new Error('expected two ports')
  return [first, second]
}

function connect() {
  const [here, there] = createPorts()
  createChannel<Nothing, Sums>(there, {
    add: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
    async fail(message) {
      throw Object.assign(new Error(message), { name: 'ListenError' })
    },
    hang: () => new Promise(() => {})
  })
  return createChannel<Sums, Nothing>(here, {})
}

test('a call returns what the other side returns', async (t) => {
  const { call } = connect()
  const sums = await Promise.all([call('add', [1, 2]), call('add', []), call('add', [5])])
  t.deepEqual(sums, [3, 0, 5])
})

test('a call rejects with the error of the other side, by name and message', async (t) => {
  const { call } = connect()
  await t.throwsAsync(call('fail', 'the port is taken'), {
    name: 'ListenError',
    message: 'the port is taken'
  })
})

test('pending calls are rejected when the other side ends, and so are later ones', async (t) => {
  const { call, close } = connect()
  const waiting = call('hang', null)
  await wait(5)
  close(new Error('it has ended'))
  await t.throwsAsync(waiting, { message: 'it has ended' })
  await t.throwsAsync(call('add', [1]), { message: 'it has ended' })
})

test('a call with a timeout does not wait longer', async (t) => {
  const { call } = connect()
  await t.throwsAsync(call('hang', null, 20), { message: 'no answer to hang within 20 ms' })
  t.is(await call('add', [1, 1], 20_000), 2)
})
