/** The memory for bodies and replies: what counts, which body is cut, and that everything is released. */
import test from 'ava'
import fc from 'fast-check'
import { type Account, createAccount, createByteBudget } from '../../src/remote/byte-budget.ts'
import { createBlocks, createByteCollector } from '../../src/remote/byte-collector.ts'

const LIMIT = 1600
/** The share of unfinished bodies. */
const UNFINISHED = 400

function createBudget() {
  const outcomes: string[] = []
  const clock = { time: 0 }
  const budget = createByteBudget({
    limitBytes: LIMIT,
    now: () => clock.time,
    onFull: (outcome) => outcomes.push(outcome)
  })
  return { budget, outcomes, clock }
}

test('bytes count from their arrival until they are released, to the limit', (t) => {
  const { budget, outcomes } = createBudget()
  const body = createAccount()
  t.true(budget.resize(body, LIMIT))
  t.is(budget.held(), LIMIT)
  t.false(budget.resize(createAccount(), 1))
  t.deepEqual(outcomes, ['rejected'])
  budget.finish(body)
  budget.release(LIMIT)
  t.is(budget.held(), 0)
  t.true(budget.resize(createAccount(), 1))
})

test('closing an account twice releases its bytes once', (t) => {
  const { budget } = createBudget()
  const body = createAccount()
  budget.resize(createAccount(), 5)
  budget.resize(body, 10)
  budget.close(body)
  budget.close(body)
  t.is(budget.held(), 5)
})

test('the slowest unfinished body is cut to make room, and never a complete one', (t) => {
  const { budget, outcomes, clock } = createBudget()
  const cut: string[] = []
  const whole = createAccount(() => cut.push('whole'))
  budget.resize(whole, 1200)
  const open = (name: string, bytes: number) => {
    const body = createAccount(() => cut.push(name))
    budget.watch(body)
    budget.resize(body, bytes)
    return body
  }
  open('old', 100)
  clock.time = 1000
  const stalled = open('young', 100)
  clock.time = 1001
  t.true(budget.resize(createAccount(), 250))
  t.deepEqual(cut, ['old'])
  t.true(budget.resize(createAccount(), 40))
  t.deepEqual(cut, ['old'])
  t.true(budget.resize(createAccount(), 20))
  t.deepEqual(cut, ['old', 'young'])
  t.is(stalled.bytes, 0)
  t.deepEqual(outcomes, ['cut', 'cut'])
})

test('unfinished bodies take at most a quarter of the limit, complete ones the rest', (t) => {
  const { budget, outcomes } = createBudget()
  for (let index = 0; index < 100; index++) {
    const body = createAccount()
    budget.watch(body)
    t.true(budget.resize(body, 40))
    t.true(budget.held() <= UNFINISHED)
  }
  t.true(outcomes.length >= 90)
  t.true(budget.resize(createAccount(), LIMIT - UNFINISHED))
})

test('no body is cut where that would not make enough room', (t) => {
  const { budget, outcomes } = createBudget()
  budget.resize(createAccount(), 1500)
  const body = createAccount()
  budget.watch(body)
  budget.resize(body, 50)
  t.false(budget.resize(createAccount(), 200))
  t.deepEqual(outcomes, ['rejected'])
  t.is(body.bytes, 50)
})

test('a new limit applies to the next bytes', (t) => {
  const { budget } = createBudget()
  budget.resize(createAccount(), 1000)
  budget.setLimit(500)
  t.false(budget.resize(createAccount(), 1))
  budget.setLimit(1001)
  t.true(budget.resize(createAccount(), 1))
})

test('whatever happens to bodies, the limit is kept, and nothing is held at the end', (t) => {
  const steps = fc.array(
    fc.record({
      body: fc.nat(9),
      what: fc.constantFrom('piece', 'piece', 'piece', 'whole', 'close'),
      bytes: fc.integer({ min: 1, max: 300 }),
      wait: fc.nat(50)
    }),
    { maxLength: 200 }
  )
  fc.assert(
    fc.property(steps, (all) => {
      const { budget, clock } = createBudget()
      const open = new Map<number, Account>()
      for (const { body, what, bytes, wait } of all) {
        clock.time += wait
        const known = open.get(body) ?? createAccount(() => open.delete(body))
        open.set(body, known)
        if (what === 'piece') {
          budget.watch(known)
          budget.resize(known, known.bytes + bytes)
        } else if (what === 'whole') {
          budget.finish(known)
          budget.release(known.bytes)
          open.delete(body)
        } else {
          budget.close(known)
          open.delete(body)
        }
        const sum = [...open.values()].reduce((total, one) => total + one.bytes, 0)
        if (budget.held() !== sum || sum > LIMIT) return false
      }
      for (const known of open.values()) budget.close(known)
      return budget.held() === 0
    })
  )
  t.pass()
})

test('blocks are reused, and collected bytes stay unchanged', (t) => {
  const blocks = createBlocks(2 ** 20)
  const read = (text: string) => {
    const collector = createByteCollector({ limit: 2 ** 20, expected: -1, blocks })
    for (const letter of text) collector.add(Buffer.from(letter))
    return collector
  }
  const first = read('first').bytes()
  const second = read('second')
  t.is(second.bytes().toString(), 'second')
  t.is(first.toString(), 'first')
  read('third').discard()
  const block = blocks.take()
  t.is(block.toString('latin1', 0, 6), 'thirdd')
})

test('an unfinished body holds the blocks that it fills', (t) => {
  const collector = createByteCollector({ limit: 2 ** 20, expected: 100_000 })
  collector.add(Buffer.alloc(10))
  t.is(collector.held(), 16 * 1024)
  collector.add(Buffer.alloc(20_000))
  t.is(collector.held(), 2 * 16 * 1024)
  t.is(collector.size(), 20_010)
  t.is(collector.bytes().length, 20_010)
  t.is(collector.held(), 20_010)
})
