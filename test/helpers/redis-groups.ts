/** Several real servers of Redis that replace each other: a pair that Sentinels watch, and a Cluster. */
import type { ExecutionContext } from 'ava'
import type { RedisAddress } from '../../src/revocation/stores/redis/address.ts'
import { eventually } from './eventually.ts'
import { startRedis, type TestRedis } from './redis.ts'

/** The name that the Sentinels of the tests have for the Redis that they watch. */
const NAME = 'mymaster'
const HOST = '127.0.0.1'
/** Short, so that a test does not wait for long. */
const DOWN_AFTER_MS = 500

export interface WatchedRedis {
  readonly master: TestRedis
  readonly replica: TestRedis
  readonly sentinels: readonly TestRedis[]
  readonly address: Partial<RedisAddress>
  /** The nodes as a URL lists them. */
  readonly hosts: string
  /** Resolves once all Sentinels name the Redis of this port. */
  readonly named: (port: number) => Promise<void>
}

interface WatchedOptions {
  /** Of the Redis. */
  password?: string
  sentinelPassword?: string
  tls?: { cert: string; key: string; ca: string }
}

/** Starts a Redis, its replica, and three Sentinels that know each other. */
export async function startWatchedRedis(
  t: ExecutionContext,
  { password, sentinelPassword, tls }: WatchedOptions = {}
): Promise<WatchedRedis> {
  const shared = { ...(password && { password }), ...(tls && { tls }) }
  const secret = password === undefined ? [] : ['--masterauth', password]
  const master = await startRedis(t, { ...shared, args: secret })
  const replicaOf = ['--replicaof', HOST, String(master.port)]
  const replica = await startRedis(t, { ...shared, args: [...secret, ...replicaOf] })
  await eventually(() => isLinked(replica), 20)
  const sentinel = [
    `sentinel monitor ${NAME} ${HOST} ${master.port} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 2000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ...(sentinelPassword === undefined ? [] : [`sentinel sentinel-pass ${sentinelPassword}`])
  ]
  const options = { sentinel, ...(sentinelPassword && { password: sentinelPassword }) }
  const sentinels = await Promise.all(
    [1, 2, 3].map(() => startRedis(t, { ...options, ...(tls && { tls }) }))
  )
  await Promise.all(
    sentinels.map((one) =>
      eventually(async () => {
        const about = String(await one.command('SENTINEL', 'MASTER', NAME))
        return about.includes('num-slaves,1') && about.includes('num-other-sentinels,2')
      }, 20)
    )
  )
  return {
    master,
    replica,
    sentinels,
    address: {
      mode: 'sentinel',
      nodes: nodesOf(sentinels),
      password,
      sentinel: { name: NAME, password: sentinelPassword }
    },
    hosts: hostsOf(sentinels),
    async named(port) {
      for (const one of sentinels) {
        await eventually(async () => {
          const found = await one.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)
          return String(found) === `${HOST},${port}`
        }, 20)
      }
    }
  }
}

export interface TestCluster {
  /** The Redis with the data of the service. */
  readonly owner: TestRedis
  /** Takes its place when it fails. */
  readonly replica: TestRedis
  readonly others: readonly TestRedis[]
  readonly address: Partial<RedisAddress>
  readonly hosts: string
}

const SLOTS = 16_384

/** Starts a Cluster of three nodes with slots, and a replica of the one that has the data of the service. */
export async function startCluster(t: ExecutionContext): Promise<TestCluster> {
  const args = ['--cluster-node-timeout', '1000']
  const started = [1, 2, 3, 4].map(() => startRedis(t, { cluster: true, args }))
  const [replica, ...masters] = await Promise.all(started)
  if (replica === undefined) throw new TypeError('expected four nodes')
  const slot = Number(await replica.command('CLUSTER', 'KEYSLOT', '{txtoken}:revoked'))
  let owner = replica
  for (const [index, node] of masters.entries()) {
    const [first, last] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / 3))
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(first), String(Number(last) - 1))
    if (slot >= Number(first) && slot < Number(last)) owner = node
  }
  for (const { port, busPort } of masters) {
    await replica.command('CLUSTER', 'MEET', HOST, String(port), String(busPort))
  }
  const nodes = [replica, ...masters]
  await Promise.all(nodes.map((node) => eventually(() => isComplete(node), 20)))
  const id = String(await owner.command('CLUSTER', 'MYID'))
  await eventually(() => replica.command('CLUSTER', 'REPLICATE', id).then(Boolean, () => false), 20)
  await eventually(() => isLinked(replica), 20)
  const others = masters.filter((node) => node !== owner)
  const addressed = [...others, owner]
  return {
    owner,
    replica,
    others,
    address: { mode: 'cluster', nodes: nodesOf(addressed) },
    hosts: hostsOf(addressed)
  }
}

async function isComplete(node: TestRedis): Promise<boolean> {
  const about = String(await node.command('CLUSTER', 'INFO'))
  return about.includes('cluster_state:ok') && about.includes('cluster_known_nodes:4')
}

async function isLinked(replica: TestRedis): Promise<boolean> {
  return String(await replica.command('INFO', 'replication')).includes('master_link_status:up')
}

function nodesOf(servers: readonly TestRedis[]): RedisAddress['nodes'] {
  const [first, ...others] = servers.map(({ port }) => ({ host: HOST, port }))
  if (first === undefined) throw new TypeError('expected a server')
  return [first, ...others]
}

function hostsOf(servers: readonly TestRedis[]): string {
  return servers.map(({ port }) => `${HOST}:${port}`).join(',')
}
