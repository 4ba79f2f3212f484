import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { ReplicaMessage, ReplicaOrder, ReplicaSettings } from '../../helpers/key-replica.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const PROGRAM = fileURLToPath(new URL('../../helpers/key-replica.ts', import.meta.url))
/** Two that race for each key, and one that comes late. */
const CLOCK_OFFSETS_MS = [0, 0, -200]
const ROTATIONS = 3

function order(replica: ChildProcess, message: ReplicaOrder): void {
  if (replica.connected) replica.send(message)
}

/** Runs replicas until each of them has signed with the same keys, a given number of them. */
async function runReplicas(
  t: ExecutionContext,
  settings: Omit<ReplicaSettings, 'clockOffsetMs'>,
  rotations: number
) {
  const madeKeys: { readonly kid: string; readonly signsFrom: number }[] = []
  const signersByKid = new Map<string, Set<number>>()
  const complaints: string[] = []
  const replicas: ChildProcess[] = []
  let checks = 0

  await new Promise<void>((resolve, reject) => {
    function start(index: number): void {
      const argument = JSON.stringify({ ...settings, clockOffsetMs: CLOCK_OFFSETS_MS[index] })
      const replica = fork(PROGRAM, [argument], { execArgv: ['--import=tsx'] })
      t.teardown(() => replica.kill('SIGKILL'))
      replica.on('message', (message) => hear(index, message as ReplicaMessage))
      replica.once('error', reject)
      replicas[index] = replica
    }

    function hear(index: number, message: ReplicaMessage): void {
      if (message.type === 'verified') checks++
      else if (message.type === 'complaint') complaints.push(message.text)
      else if (message.type === 'made') {
        madeKeys.push(message)
        // It has just made a key, so it cannot be about to report another one.
        if (madeKeys.length === 2 && replicas[index]?.kill('SIGKILL')) start(index)
      } else relay(index, message)
    }

    function relay(index: number, { kid, raw }: ReplicaMessage & { type: 'token' }): void {
      const signers = signersByKid.get(kid) ?? new Set()
      signersByKid.set(kid, signers.add(index))
      for (const replica of replicas) order(replica, { type: 'check', raw })
      const common = [...signersByKid.values()].filter(({ size }) => size === replicas.length)
      if (common.length > rotations) resolve()
    }

    for (const index of CLOCK_OFFSETS_MS.keys()) start(index)
  })
  return { madeKeys, kids: [...signersByKid.keys()], complaints, checks, replicas }
}

test('processes with one directory agree on the keys through their rotations', async (t) => {
  t.timeout(50_000)
  const dir = join(await createTemporaryFolder(t), 'keys')
  const times = { rotateEveryMs: 2500, publishAheadMs: 2000, longestLifetimeMs: 5000 }
  const { madeKeys, kids, complaints, checks, replicas } = await runReplicas(
    t,
    { dir, ...times },
    ROTATIONS
  )

  t.deepEqual(complaints, [])
  t.true(checks > 0)
  t.deepEqual(
    kids.filter((kid) => !madeKeys.some((made) => made.kid === kid)),
    []
  )
  const starts = madeKeys.map(({ signsFrom }) => signsFrom).sort((a, b) => a - b)
  const periods = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
  t.true(periods.every((period) => period >= times.rotateEveryMs))
  t.is(new Set(madeKeys.map(({ kid }) => kid)).size, madeKeys.length)

  for (const replica of replicas) {
    replica.removeAllListeners('message')
    order(replica, { type: 'stop' })
  }
  const endings = await Promise.all(replicas.map((replica) => once(replica, 'exit')))
  t.deepEqual(
    endings,
    CLOCK_OFFSETS_MS.map(() => [0, null])
  )
  t.false((await readdir(dir)).some((file) => file.endsWith('.tmp')))
})
