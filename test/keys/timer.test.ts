import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { startUnreferencedTimer } from '../../src/keys/timer.ts'

test.serial('the timer calls back, and does not keep the process alive', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  // The waiting test needs something else that keeps the process alive.
  const watch = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(watch))
  await new Promise<void>((resolve) => {
    startUnreferencedTimer(async () => resolve(), 5)
    t.is(timers(), before + 1)
  })
})

test.serial('a cancelled timer does not call back', async (t) => {
  const cancel = startUnreferencedTimer(async () => t.fail('was cancelled'), 1)
  cancel()
  await wait(10)
  t.pass()
})

test.serial('a delay beyond the maximum of timers is cut short, and not skipped', async (t) => {
  const cancel = startUnreferencedTimer(async () => t.fail('called at once'), 2 ** 40)
  await wait(20)
  cancel()
  t.pass()
})
