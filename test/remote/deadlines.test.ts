import test from 'ava'
import { createDeadlines } from '../../src/remote/deadlines.ts'

// Deadlines alone keep no process alive: while nobody is served, there is nothing to cut.
const keepAlive = setInterval(() => {}, 1000)
test.after.always(() => clearInterval(keepAlive))

test('deadlines end in the order in which they began, each once', async (t) => {
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

test('a deadline that was ended, or forgotten, calls nobody', async (t) => {
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

test('a deadline may be started by one that ends, and after all have ended', async (t) => {
  const deadlines = createDeadlines(5)
  t.teardown(deadlines.close)
  for (let round = 0; round < 2; round++) {
    await new Promise<void>((resolve) => {
      deadlines.start(() => void deadlines.start(resolve))
    })
  }
  t.pass()
})
