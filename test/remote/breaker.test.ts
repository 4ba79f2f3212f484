import test from 'ava'
import { ServiceError } from '../../src/errors.ts'
import { createBreaker } from '../../src/remote/breaker.ts'
import { remoteFailed, remoteReply, remoteTimeout } from '../../src/remote/remote-errors.ts'

const FAILED = remoteFailed(new Error('invented'))
const status = (remoteStatus: number) =>
  new ServiceError('remote_status', 'invented', { status: 500, remoteStatus })

function start() {
  let time = 0
  const events: string[] = []
  const breaker = createBreaker({
    failures: 3,
    pauseMs: 5000,
    now: () => time,
    onOpen: ({ code }) => events.push(`open: ${code}`),
    onClose: () => events.push('closed')
  })
  const call = (result?: ServiceError) => breaker.enter().end(result)
  return {
    ...breaker,
    events,
    call,
    fail: (times: number) => {
      for (let one = 0; one < times; one++) call(FAILED)
    },
    pass(milliseconds: number) {
      time += milliseconds
    }
  }
}

test('it opens after consecutive failures, and lets one trial call through after a pause', (t) => {
  const { enter, call, fail, pass, events, isOpen } = start()
  fail(2)
  call()
  fail(2)
  t.false(isOpen())
  fail(1)
  t.deepEqual(events, ['open: remote_failed'])
  pass(4000)
  const error = t.throws(enter, { instanceOf: ServiceError })
  t.like(error, { code: 'remote_failed', status: 500, reason: 'not_called' })
  t.deepEqual(error?.headers, { 'Retry-After': '1' })
  pass(1000)
  const trial = enter()
  t.throws(enter)
  trial.end(FAILED)
  t.throws(enter)
  pass(5000)
  call()
  t.false(isOpen())
  fail(2)
  t.deepEqual(events, ['open: remote_failed', 'closed'])
})

test('a trial whose client goes away does not count, and the next call is the trial', (t) => {
  const { enter, call, fail, pass, isOpen } = start()
  fail(3)
  pass(5000)
  call(new ServiceError('client_gone', 'invented', { status: 499 }))
  t.true(isOpen())
  enter().end(undefined)
  t.false(isOpen())
})

test('of calls that began before it opened, a success closes it, and a failure does not extend the pause', (t) => {
  const { enter, fail, pass, isOpen } = start()
  const [early, late] = [enter(), enter()]
  fail(3)
  pass(4999)
  late.end(FAILED)
  pass(1)
  const trial = enter()
  early.end(undefined)
  t.false(isOpen())
  trial.end(undefined)
  t.notThrows(enter)
})

for (const [name, failure] of [
  ['remote_timeout', remoteTimeout()],
  ['502', status(502)],
  ['503', status(503)],
  ['504', status(504)]
] as const) {
  test(`${name} is a failure`, (t) => {
    const { call, isOpen } = start()
    for (let one = 0; one < 3; one++) call(failure)
    t.true(isOpen())
  })
}

for (const [name, answer] of [
  ['401', status(401)],
  ['429', status(429)],
  ['500', status(500)],
  ['302', status(302)],
  ['a reply that is no JSON', remoteReply('invented')]
] as const) {
  test(`${name} resets the count of failures, since the remote answered`, (t) => {
    const { call, fail, isOpen } = start()
    fail(2)
    call(answer)
    fail(2)
    t.false(isOpen())
  })
}

for (const code of ['client_gone', 'overloaded'] as const) {
  test(`${code} neither counts as a failure nor resets the count`, (t) => {
    const { call, fail, isOpen } = start()
    fail(2)
    call(new ServiceError(code, 'invented', { status: 503 }))
    fail(1)
    t.true(isOpen())
  })
}
