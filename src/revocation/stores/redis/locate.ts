/** Finds the Redis that takes writes by asking Sentinels, or nodes of a Cluster, for each new connection. */
import { type RedisAddress, type RedisNode, showNode } from './address.ts'

/** Sends one command to a node, on its own connection. */
export type Ask = (node: RedisNode, command: readonly [string, ...string[]]) => Promise<unknown>

export interface Location {
  readonly node: RedisNode
  /** Whether more than half of the asked nodes name it. */
  readonly isAgreed: boolean
}

/**
 * Finds the Redis that takes writes. All nodes are asked at once, so that those that are down cost no time, and what most of them
 * name is taken: one that has lost the others may not know of a failover.
 * @param key the name of any key: all have the same hash tag, so one node of a Cluster has them all
 * @throws Error with the answer of each node, where none names a Redis
 */
export function locate(address: RedisAddress, key: string, ask: Ask): Promise<Location> {
  const { mode, nodes, sentinel } = address
  const [only = { host: '', port: 0 }] = nodes
  if (mode === 'single') return Promise.resolve({ node: only, isAgreed: true })
  const name = sentinel?.name ?? ''
  return agree(
    nodes.map(async (node) => {
      try {
        return await (mode === 'sentinel' ? askSentinel(node, name, ask) : askNode(node, key, ask))
      } catch (error) {
        throw new Error(`${mode} ${showNode(node)}: ${reasonOf(error)}`, { cause: error })
      }
    })
  )
}

async function askSentinel(sentinel: RedisNode, name: string, ask: Ask): Promise<RedisNode> {
  const answer = await ask(sentinel, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
  if (!Array.isArray(answer)) throw new Error(`does not know a Redis of the name ${name}`)
  return { host: String(answer[0]), port: Number(answer[1]) }
}

/** The answer of a node for a key of another one. Without a host, it is the host of the node itself. */
const MOVED = /^MOVED \d+ (?<host>.*):(?<port>\d+)$/

async function askNode(node: RedisNode, key: string, ask: Ask): Promise<RedisNode> {
  try {
    await ask(node, ['EXISTS', key])
    return node
  } catch (error) {
    const moved = MOVED.exec(reasonOf(error))?.groups
    if (moved === undefined) throw error
    return { host: moved.host || node.host, port: Number(moved.port) }
  }
}

/** Resolves as soon as more than half name the same Redis; or else, when all have answered, to what most of them name. */
function agree(answers: readonly Promise<RedisNode>[]): Promise<Location> {
  const votes = new Map<string, { readonly node: RedisNode; count: number }>()

  function most() {
    return [...votes.values()].sort((one, other) => other.count - one.count)[0]
  }

  return new Promise((resolve, reject) => {
    for (const answer of answers) {
      answer.then(
        (node) => {
          const vote = votes.get(showNode(node)) ?? { node, count: 0 }
          vote.count++
          votes.set(showNode(node), vote)
          if (vote.count > answers.length / 2) resolve({ node, isAgreed: true })
        },
        () => undefined
      )
    }
    void Promise.allSettled(answers).then((settled) => {
      const found = most()
      if (found !== undefined) resolve({ node: found.node, isAgreed: false })
      const reasons = settled.flatMap((one) => ('reason' in one ? [reasonOf(one.reason)] : []))
      reject(new Error(reasons.join('; ')))
    })
  })
}

function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || (code ?? 'no answer')
}
