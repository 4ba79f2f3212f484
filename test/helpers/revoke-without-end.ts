/** A program that revokes one token after the other in a file store, and prints each that the store has acknowledged. */

import { startUnreferencedTimer } from '../../src/keys/timer.ts'
import { createFileStore } from '../../src/revocation/stores/file-store.ts'

const [folder = '', name = ''] = process.argv.slice(2)
const store = await createFileStore(folder, {
  now: Date.now,
  startTimer: startUnreferencedTimer,
  log: { warn() {} }
})
await store.start({ add() {}, held: () => [], available() {}, unavailable() {} })
const until = Date.now() + 3_600_000

/** Several at a time, so that a write is always under way. */
async function revokeAll(worker: number): Promise<void> {
  for (let count = 0; ; count++) {
    const jti = `${name}-${worker}-${count}`
    await store.add({ revoked: { kind: 'token', issuer: undefined, jti }, until })
    process.stdout.write(`${jti}\n`)
  }
}

await Promise.all([revokeAll(0), revokeAll(1), revokeAll(2)])
