/** Runs the load generator, in a separate process beside the server. */
import { runProgram } from './child-process.ts'
import type { Placement } from './placement.ts'
import type { Load, LoadResult } from './programs/load-contract.ts'
import { loadGenerator } from './servers.ts'

/** Accepts any answers: see `statuses`, `unanswered` and `unsent` of the result. */
export async function applyLoad(
  load: Load,
  { others }: Pick<Placement, 'others'>
): Promise<LoadResult> {
  return JSON.parse(await runProgram([...others, loadGenerator], JSON.stringify(load)))
}

/** @throws Error where a request got no answer, or one with another status */
export function assertAnswered(
  { requests, statuses, unanswered }: LoadResult,
  path: string,
  expectedStatus = 200
): void {
  const expected = statuses[expectedStatus] ?? 0
  if (expected > 0 && expected === requests && unanswered === 0) return
  const counts = JSON.stringify({ statuses, unanswered })
  throw new Error(`${path}: expected nothing but status ${expectedStatus}, got ${counts}`)
}
