/** The drills in their short form. */
import test from 'ava'
import { DRILLS } from './drills.ts'

for (const { fault, holds, run } of DRILLS) {
  // Two at once would take each other's processor time.
  test.serial(`${fault}: ${holds}`, async (t) => {
    t.timeout(120_000)
    t.log(await run(t, 'short'))
    t.pass()
  })
}
