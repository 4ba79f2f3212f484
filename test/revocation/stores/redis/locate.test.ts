import test from 'ava'
import type { RedisAddress } from '../../../../src/revocation/stores/redis/address.ts'
import { type Ask, locate } from '../../../../src/revocation/stores/redis/locate.ts'

const NODES = [1, 2, 3].map((port) => ({ host: 'sentinel', port }))
const SENTINELS = {
  mode: 'sentinel',
  nodes: NODES as unknown as RedisAddress['nodes'],
  database: 0,
  sentinel: { name: 'mymaster' }
} as const satisfies RedisAddress
const CLUSTER = { ...SENTINELS, mode: 'cluster', sentinel: undefined } as const

/** Answers by the port of the node: an error is thrown, and a missing answer never comes. */
function answering(answers: Readonly<Record<number, unknown>>): Ask {
  return async ({ port }) => {
    const answer = answers[port]
    if (answer instanceof Error) throw answer
    return answer ?? new Promise(() => {})
  }
}

const [OLD, NEW] = [
  ['old', '1'],
  ['new', '2']
]

test('the Redis that more than half of the Sentinels name is used, even if the others are silent', async (t) => {
  const found = await locate(SENTINELS, 'key', answering({ 1: NEW, 3: NEW }))
  t.deepEqual(found, { node: { host: 'new', port: 2 }, isAgreed: true })
  const late = await locate(SENTINELS, 'key', answering({ 1: OLD, 2: NEW, 3: NEW }))
  t.deepEqual(late, { node: { host: 'new', port: 2 }, isAgreed: true })
})

test('without a majority, the most named Redis is used, and the disagreement is reported', async (t) => {
  const down = new Error('down')
  const found = await locate(SENTINELS, 'key', answering({ 1: down, 2: NEW, 3: down }))
  t.deepEqual(found, { node: { host: 'new', port: 2 }, isAgreed: false })
})

test('a Redis that no Sentinel names is not found, and the reason of each Sentinel is reported', async (t) => {
  const answers = answering({ 1: new Error('down'), 2: 'nil', 3: new AggregateError([], '') })
  await t.throwsAsync(locate(SENTINELS, 'key', answers), {
    message:
      'sentinel sentinel:1: down; sentinel sentinel:2: does not know a Redis of the name mymaster; sentinel sentinel:3: no answer'
  })
})

test('a node of a Cluster has the slot, or names the node that has it', async (t) => {
  const moved = (to: string) => new Error(`MOVED 4521 ${to}`)
  const at = async (answers: Readonly<Record<number, unknown>>) =>
    (await locate(CLUSTER, 'key', answering(answers))).node
  t.deepEqual(await at({ 1: moved('sentinel:2'), 2: 0 }), { host: 'sentinel', port: 2 })
  t.deepEqual(await at({ 1: moved('::1:7000'), 3: moved('::1:7000') }), { host: '::1', port: 7000 })
  // A host that a node does not know is its own.
  t.deepEqual(await at({ 1: moved(':7000'), 3: moved(':7000') }), { host: 'sentinel', port: 7000 })
  const down = new Error('CLUSTERDOWN The cluster is down')
  await t.throwsAsync(at({ 1: down, 2: down, 3: down }), {
    message: /^cluster sentinel:1: CLUSTER/
  })
})
