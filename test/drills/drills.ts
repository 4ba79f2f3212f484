/** All drills, in the order of the table in `docs/reliability.md`. */
import { clockJumps } from './clock-jumps.ts'
import type { Drill } from './drill.ts'
import { fullDisk } from './full-disk.ts'
import { killed } from './killed.ts'
import { redisFaults } from './redis-faults.ts'
import { remoteFaults } from './remote-faults.ts'
import { resources } from './resources.ts'
import { rollingRestarts } from './rolling-restart.ts'

export const DRILLS: readonly Drill[] = [
  ...rollingRestarts,
  killed,
  ...redisFaults,
  ...remoteFaults,
  clockJumps,
  ...fullDisk,
  ...resources
]
