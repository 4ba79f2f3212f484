/** A process of its own with generated keys in a shared directory: it signs all the time, and checks what it is sent. */
import { pino } from 'pino'
import { createGeneratedKeySource } from '../../src/keys/generated-keys.ts'
import { signToken, verifyToken } from './token-check.ts'

export interface ReplicaSettings {
  readonly dir: string
  readonly rotateEveryMs: number
  readonly publishAheadMs: number
  readonly longestLifetimeMs: number
  /** How far its clock is off. */
  readonly clockOffsetMs: number
}

/** What a replica tells. */
export type ReplicaMessage =
  | { readonly type: 'token'; readonly kid: string; readonly raw: string }
  | { readonly type: 'made'; readonly kid: string; readonly signsFrom: number }
  | { readonly type: 'complaint'; readonly text: string }
  | { readonly type: 'verified' }

const SIGN_EVERY_MS = 100

const { clockOffsetMs, ...settings }: ReplicaSettings = JSON.parse(process.argv[2] ?? '')
const now = () => Date.now() + clockOffsetMs

function tell(message: ReplicaMessage): void {
  process.send?.(message)
}

function tellLogLine(line: string): void {
  const { level, msg, kid, signsFrom } = JSON.parse(line)
  if (level >= 40) tell({ type: 'complaint', text: msg })
  else if (msg === 'made a key') tell({ type: 'made', kid, signsFrom: Date.parse(signsFrom) })
}

const source = createGeneratedKeySource({
  ...settings,
  alg: 'ES256',
  now,
  log: pino({}, { write: tellLogLine })
})
await source.start?.()

process.on('message', async (raw: string) => {
  try {
    await verifyToken(source, now(), raw)
    tell({ type: 'verified' })
  } catch (error) {
    tell({ type: 'complaint', text: String(error) })
  }
})

const signing = setInterval(async () => {
  const time = now()
  const kid = source.signingKey(time)?.kid ?? ''
  tell({ type: 'token', kid, raw: await signToken(source, time) })
}, SIGN_EVERY_MS)

process.on('disconnect', () => {
  clearInterval(signing)
  // The source is left open: its timer must not keep the process from ending.
})
