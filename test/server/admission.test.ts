/** Which requests are admitted under overload, in a process whose time is counted. */
import test from 'ava'
import { createAdmission, SAMPLE_MS } from '../../src/server/admission.ts'

const LOGIN_MS = 0.4
const REJECT_MS = 0.08
const BEST = 1000 / LOGIN_MS

interface Process {
  /** Requests that come each second, whatever becomes of earlier ones; each waits in a connection. */
  rate: number
  connections: number
  /** What delays the event loop in each round, beside requests. */
  pauseMs?: number
}

function createProcess(targetMs = 50) {
  let time = 0
  let sampleAt = SAMPLE_MS
  const admission = createAdmission({ targetMs, now: () => time })

  /** Runs for some seconds. */
  function run(seconds: number, { rate, connections, pauseMs = 0 }: Process) {
    const startedAt = time
    const counts = { good: 0, rejected: 0, longestMs: 0 }
    let begun = 0
    while (time < startedAt + seconds * 1000) {
      const due = Math.floor(((time - startedAt) * rate) / 1000)
      const ready = Math.min(due - begun, connections)
      begun += ready
      const roundAt = time
      time += Math.max(0.1, pauseMs)
      for (let index = 0; index < ready; index++) {
        const isAdmitted = admission.admit()
        counts[isAdmitted ? 'good' : 'rejected']++
        time += isAdmitted ? LOGIN_MS : REJECT_MS
      }
      counts.longestMs = Math.max(counts.longestMs, time - roundAt)
      if (time < sampleAt) continue
      admission.sample()
      sampleAt = time + SAMPLE_MS
    }
    return counts
  }

  return { admission, run }
}

test('below what the process can do, all requests are admitted', (t) => {
  const { run } = createProcess()
  const { good, rejected } = run(10, { rate: BEST * 0.9, connections: 500 })
  t.is(rejected, 0)
  t.true(good > BEST * 8.9)
})

for (const connections of [200, 500, 1000, 5000]) {
  test(`at three times its best, with ${connections} connections, nine tenths of the best are good answers`, (t) => {
    const { run } = createProcess()
    run(5, { rate: BEST * 3, connections })
    const { good } = run(10, { rate: BEST * 3, connections })
    t.true(good > BEST * 9, `${good / BEST / 10}`)
  })
}

test('rejecting shortens the wait of all others', (t) => {
  const load = { rate: BEST * 3, connections: 500 }
  const { run } = createProcess()
  run(5, load)
  const admitting = createProcess(Number.POSITIVE_INFINITY)
  t.is(admitting.run(5, load).rejected, 0)
  t.true(run(5, load).longestMs < admitting.run(5, load).longestMs)
})

test('five seconds after the load has fallen, all are admitted', (t) => {
  const { admission, run } = createProcess()
  run(10, { rate: BEST * 3, connections: 1000 })
  t.true(admission.share() < 1)
  t.true(admission.rejected() > 0)
  run(5, { rate: BEST / 2, connections: 1000 })
  t.is(admission.share(), 1)
  t.is(run(1, { rate: BEST / 2, connections: 1000 }).rejected, 0)
})

test('a pause now and then is no overload', (t) => {
  const { run } = createProcess()
  let rejected = 0
  for (let round = 0; round < 50; round++) {
    rejected += run(0.01, { rate: BEST / 2, connections: 100, pauseMs: 300 }).rejected
    rejected += run(0.5, { rate: BEST / 2, connections: 100 }).rejected
  }
  t.is(rejected, 0)
})

test('where few requests come, a late event loop is not their fault, and none is rejected', (t) => {
  const { run } = createProcess()
  t.is(run(10, { rate: 200, connections: 100, pauseMs: 150 }).rejected, 0)
})

test('a burst of requests in an event loop that is late anyway is no overload', (t) => {
  const { run } = createProcess()
  let rejected = 0
  for (let round = 0; round < 20; round++) {
    rejected += run(0.08, { rate: 2000, connections: 100, pauseMs: 75 }).rejected
    rejected += run(0.5, { rate: 20, connections: 100, pauseMs: 75 }).rejected
  }
  t.is(rejected, 0)
})

test('without a target none is rejected, also from one moment to the next', (t) => {
  const { admission, run } = createProcess()
  run(5, { rate: BEST * 3, connections: 1000 })
  admission.setTarget(undefined)
  t.is(run(5, { rate: BEST * 3, connections: 1000 }).rejected, 0)
})
