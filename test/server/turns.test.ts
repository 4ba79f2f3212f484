/** When requests start and which are rejected, in a process whose time is counted. */
import test from 'ava'
import { createTurns } from '../../src/server/turns.ts'

const LOGIN_MS = 0.4
const REJECT_MS = LOGIN_MS / 3
const BEST = 1000 / LOGIN_MS

/** Each client asks again as soon as it has its answer, `pauseMs` later where that is given. */
interface Clients {
  readonly clients: number
  readonly pauseMs?: number
}

function createProcess({ longestMs }: { longestMs: number | undefined } = { longestMs: 250 }) {
  let time = 0
  const timers: { at: number; run: () => void }[] = []
  const inNextTurn: (() => void)[] = []
  const later = (run: () => void, ms: number) => timers.push({ at: time + ms, run })
  const turns = createTurns({
    longestMs,
    now: () => time,
    nextTurn: (turn) => inNextTurn.push(turn),
    later
  })
  const counts = { good: 0, rejected: 0, mostInTurn: 0, longestMs: 0, longestTurnMs: 0 }
  let startedInTurn = 0

  function ask(pauseMs: number): void {
    const askedAt = time
    turns.enter({
      start() {
        counts.good++
        startedInTurn++
        counts.longestMs = Math.max(counts.longestMs, time - askedAt)
        time += LOGIN_MS
        later(() => ask(pauseMs), pauseMs)
        return true
      },
      reject() {
        counts.rejected++
        time += REJECT_MS
        later(() => ask(pauseMs), pauseMs)
      }
    })
  }

  function runTurn(): void {
    const startedAt = time
    for (let index = timers.length - 1; index >= 0; index--) {
      const timer = timers[index]
      if (timer === undefined || timer.at > startedAt) continue
      timers.splice(index, 1)
      timer.run()
    }
    for (const turn of inNextTurn.splice(0)) turn()
    counts.mostInTurn = Math.max(counts.mostInTurn, startedInTurn)
    startedInTurn = 0
    counts.longestTurnMs = Math.max(counts.longestTurnMs, time - startedAt)
    time += 0.05
  }

  return {
    turns,
    run(seconds: number, { clients, pauseMs = 0 }: Clients) {
      for (let count = 0; count < clients; count++) ask(pauseMs)
      const end = time + seconds * 1000
      while (time < end) runTurn()
      return { ...counts, goodShare: counts.good / seconds / BEST }
    }
  }
}

test('one request starts at once', (t) => {
  const started: string[] = []
  const turns = createTurns({
    longestMs: 250,
    now: () => 0,
    nextTurn: () => {},
    later: () => {}
  })
  turns.enter({ start: () => started.push('a') > 0, reject: () => t.fail() })
  t.deepEqual(started, ['a'])
})

test('concurrent requests start in the order of their arrival, some in each turn', (t) => {
  const started: number[] = []
  const planned: (() => void)[] = []
  const turns = createTurns({
    longestMs: 250,
    now: () => 0,
    nextTurn: (turn) => planned.push(turn),
    later: () => {}
  })
  for (let number = 0; number < 40; number++) {
    turns.enter({ start: () => started.push(number) > 0, reject: () => t.fail() })
  }
  const counts = [started.length]
  for (let next = planned.shift(); next !== undefined; next = planned.shift()) {
    next()
    counts.push(started.length)
  }
  t.deepEqual(counts, [16, 16, 32, 40, 40])
  t.deepEqual(
    started,
    Array.from({ length: 40 }, (_, number) => number)
  )
})

test('as many clients as can wait are all answered, and no more start in a turn', (t) => {
  const { goodShare, rejected, mostInTurn } = createProcess().run(5, { clients: 500 })
  t.is(rejected, 0)
  t.is(mostInTurn, 16)
  t.true(goodShare > 0.9, `${goodShare}`)
})

for (const clients of [2000, 10_000]) {
  test(`with ${clients} clients some are rejected, most time goes to the others, and no turn is long`, (t) => {
    const { goodShare, rejected, longestTurnMs } = createProcess().run(20, { clients })
    t.true(rejected > 0)
    t.true(goodShare > 0.75, `${goodShare}`)
    // The first turn has the requests of all clients; they are only put into the queue.
    t.true(longestTurnMs < 16 * LOGIN_MS + 1 + 8 * REJECT_MS, `${longestTurnMs}`)
  })
}

test('with too many clients, accepted requests wait no longer than the limit and the initial queue', (t) => {
  const process = createProcess()
  process.run(20, { clients: 2000 })
  const { longestMs } = process.run(0, { clients: 0 })
  t.true(longestMs <= 2000 * LOGIN_MS * 1.25, `${longestMs}`)
})

test('none is rejected without a limit, and the limit can be changed', (t) => {
  const off = createProcess({ longestMs: undefined })
  t.is(off.run(5, { clients: 2000 }).rejected, 0)
  off.turns.setLongest(250)
  t.true(off.run(5, { clients: 0 }).rejected > 0)
})

test('requests are rejected later, a few in a turn, and at once after the end', (t) => {
  let time = 0
  let rejected = 0
  const planned: (() => void)[] = []
  const timers: [() => void, number][] = []
  const turns = createTurns({
    longestMs: 250,
    now: () => time,
    nextTurn: (turn) => planned.push(turn),
    later: (turn, ms) => timers.push([turn, ms])
  })
  const enter = () => turns.enter({ start: () => false, reject: () => rejected++ })
  const runAll = () => {
    for (let next = planned.shift(); next !== undefined; next = planned.shift()) next()
  }
  for (let count = 0; count < 10; count++) enter()
  time = 10
  for (let count = 0; count < 6; count++) enter()
  runAll()
  t.is(rejected, 0)
  t.is(timers.length, 1)
  const [wake, ms] = timers[0] ?? []
  t.is(ms, 40)
  // Timers may be early.
  time = 39.5
  wake?.()
  runAll()
  t.is(rejected, 0)
  t.is(timers[1]?.[1], 0.5)
  time = 40
  timers[1]?.[0]()
  planned.shift()?.()
  t.is(rejected, 8)
  runAll()
  t.is(rejected, 10)
  t.is(timers[2]?.[1], 10)
  turns.close()
  t.is(rejected, 16)
  enter()
  t.is(rejected, 17)
})
