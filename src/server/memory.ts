/** The setting `memory`: what the process asks of V8. */
import { setFlagsFromString } from 'node:v8'
import type { Config } from '../config/full-form.ts'

/**
 * The parser of replies, which is WebAssembly, stays as it is compiled first: optimising it takes 40 MB once. The young generation of the heap
 * keeps the size that it has at the start, and code is not optimised where that makes it larger.
 */
const SMALL = ['--liftoff-only', '--semi-space-growth-factor=1', '--optimize-for-size']

/** To be called before the first call to a remote, which compiles the parser. What has grown by then stays as large. */
export function applyMemory(memory: Config['memory']): void {
  if (memory === 'normal') return
  for (const flag of SMALL) setFlagsFromString(flag)
}
