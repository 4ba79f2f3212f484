import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { createDeadlines } from '../../src/remote/deadlines.ts'

// Deadlines alone do not keep a process alive: without requests there is nothing to cut.
const keepAlive = setInterval(() => {}, 1000)
test.after.always(() => clearInterval(keepAlive))

test('deadlines expire in the order in which they started, each once', async (t) => {
  const deadlines = createDeadlines(20)
  t.teardown(deadlines.close)
  const ended: number[] = []
  await new Promise<void>((resolve) => {
    deadlines.start(() => ended.push(1))
    setTimeout(() => {
      deadlines.start(() => ended.push(2))
      deadlines.start(() => {
        ended.push(3)
        resolve()
      })
    }, 10)
  })
  t.deepEqual(ended, [1, 2, 3])
})

test('a deadline that was cancelled or closed does not call back', async (t) => {
  const deadlines = createDeadlines(10)
  const others = createDeadlines(10)
  t.teardown(deadlines.close)
  const end = deadlines.start(() => t.fail())
  end()
  end()
  others.start(() => t.fail())
  others.close()
  await new Promise<void>((resolve) => void deadlines.start(resolve))
  t.pass()
})

test('a deadline may be started when another one expires, and after all have expired', async (t) => {
  const deadlines = createDeadlines(5)
  t.teardown(deadlines.close)
  for (let round = 0; round < 2; round++) {
    await new Promise<void>((resolve) => {
      deadlines.start(() => void deadlines.start(resolve))
    })
  }
  t.pass()
})

test('a cancelled deadline keeps nothing alive until a full garbage collection', (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  const deadlines = createDeadlines(60_000)
  t.teardown(deadlines.close)
  const start = () => {
    const request = Array.from({ length: 1000 }, (_, index) => ({ index }))
    return deadlines.start(() => void request.length)
  }
  const ends = Array.from({ length: 32 }, start)
  // Everything allocated so far is in the old generation from here on.
  collect()
  const before = process.memoryUsage().heapUsed
  for (let count = 0; count < 1000; count++) {
    ends.push(start())
    ends.shift()?.()
  }
  for (let round = 0; round < 3; round++) collect({ type: 'minor' })
  const grown = process.memoryUsage().heapUsed - before
  t.true(grown < 8_000_000, `${grown} bytes`)
})
