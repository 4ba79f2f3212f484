/** A process with generated keys in a shared directory: it signs all the time, and checks the tokens that it gets. */
import { pino } from 'pino'
import { createGeneratedKeySource } from '../../src/keys/generated/generated-keys.ts'
import { signToken, verifyToken } from './token-check.ts'

export interface ReplicaSettings {
  readonly dir: string
  readonly rotateEveryMs: number
  readonly publishAheadMs: number
  readonly longestLifetimeMs: number
  /** How far its clock is off. */
  readonly clockOffsetMs: number
}

/** A message to a replica. */
export type ReplicaOrder =
  | { readonly type: 'check'; readonly raw: string }
  | { readonly type: 'stop' }

/** A message from a replica. */
export type ReplicaMessage =
  | { readonly type: 'token'; readonly kid: string; readonly raw: string }
  | { readonly type: 'made'; readonly kid: string; readonly signsFrom: number }
  | { readonly type: 'complaint'; readonly text: string }
  | { readonly type: 'verified' }

const SIGN_EVERY_MS = 100

const { clockOffsetMs, ...settings }: ReplicaSettings = JSON.parse(process.argv[2] ?? '')
const now = () => Date.now() + clockOffsetMs

function report(message: ReplicaMessage): void {
  if (process.connected) process.send?.(message)
}

function printLogLine(line: string): void {
  const { level, msg, kid, signsFrom } = JSON.parse(line)
  if (level >= 40) report({ type: 'complaint', text: msg })
  else if (msg === 'made a key') report({ type: 'made', kid, signsFrom: Date.parse(signsFrom) })
}

const source = createGeneratedKeySource({
  ...settings,
  alg: 'ES256',
  now,
  log: pino({}, { write: printLogLine })
})
await source.start?.()

const signing = setInterval(async () => {
  const time = now()
  const kid = source.signingKey(time)?.kid ?? ''
  report({ type: 'token', kid, raw: await signToken(source, time) })
}, SIGN_EVERY_MS)

/** Leaves the source open: its timer must not keep the process from ending. */
function stop(): void {
  clearInterval(signing)
  if (process.connected) process.disconnect()
}

async function check(raw: string): Promise<void> {
  try {
    await verifyToken(source, now(), raw)
    report({ type: 'verified' })
  } catch (error) {
    report({ type: 'complaint', text: String(error) })
  }
}

process.on('disconnect', stop)
process.on('message', (message: ReplicaOrder) =>
  message.type === 'stop' ? stop() : check(message.raw)
)
