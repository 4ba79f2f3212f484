/**
 * The load generator: reads a load as JSON from standard input, and writes the result as JSON to standard output. Its
 * requests are bytes that were prepared at the start, so that it costs less than the server that it measures.
 */

import { createHistogram } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { type Connection, openConnection } from './connection.ts'
import type { Latencies, Load, LoadResult, RequestVariation, Sample } from './load-contract.ts'

/** A late timer is the generator's own delay: requests count as due now, unless they are later than this. */
const TIMER_SLACK_MS = 3
const TICK_MS = 1
const RECONNECT_MS = 50
/** How long it waits for answers after the last request. */
const GRACE_MS = 5000
/** One of this many bodies is reported. */
const SAMPLE_EVERY = 1000
const MAX_SAMPLES = 20

const load = JSON.parse(await text(process.stdin)) as Load
process.stdout.write(JSON.stringify(await runLoad(load)))

async function runLoad(load: Load): Promise<LoadResult> {
  const { host = '127.0.0.1', port, connections, seconds, rate } = load
  const requests = (load.requests ?? [{}]).map((variation) => prepareRequest(load, variation))
  const limit = load.count ?? Number.POSITIVE_INFINITY
  const statuses: Record<string, number> = {}
  const good = createHistogram()
  const other = createHistogram()
  const otherSinceSent = createHistogram()
  const samples: Sample[] = []
  const idle: (() => void)[] = []
  const dueTimes: number[] = []
  const open = new Set<Connection>()
  /** The number of due times that were sent. */
  let taken = 0
  let sent = 0
  let answered = 0
  let unanswered = 0
  let lastAnswerAt = 0
  let isSending = true
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })

  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  for (let index = 0; index < connections; index += 1) connectOne()
  if (rate !== undefined) tick(rate, 0)
  const stopTimer = setTimeout(stopSending, seconds * 1000)
  await finished
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const connection of open) connection.destroy()
  return {
    requests: answered,
    seconds: (lastAnswerAt - startedAt) / 1000,
    statuses,
    good: describeLatencies(good),
    other: describeLatencies(other),
    otherSinceSent: describeLatencies(otherSinceSent),
    unanswered: sent - answered,
    unsent: dueTimes.length - taken,
    cpuMicrosecondsPerRequest: (user + system) / answered,
    samples
  }

  function connectOne(): void {
    let isOpen = false
    let isWaiting = false
    let dueAt = 0
    let sentAt = 0
    let variation = 0
    const connection = openConnection({ host, port, onOpen, onAnswer, onClose })
    open.add(connection)

    function onOpen(): void {
      isOpen = true
      sendNext()
    }

    function sendNext(): void {
      if (!isSending) return
      if (rate === undefined) {
        send(performance.now())
      } else if (taken < dueTimes.length) {
        taken += 1
        send(dueTimes[taken - 1] as number)
      } else {
        idle.push(sendNext)
      }
    }

    function send(due: number): void {
      dueAt = due
      sentAt = performance.now()
      isWaiting = true
      variation = sent % requests.length
      sent += 1
      connection.send(requests[variation] as Buffer, sent % SAMPLE_EVERY === 1)
      if (sent >= limit) stopSending()
    }

    function onAnswer(status: number, body: string | undefined): void {
      lastAnswerAt = performance.now()
      isWaiting = false
      answered += 1
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status >= 200 && status < 300) good.record(microsecondsSince(dueAt))
      else {
        other.record(microsecondsSince(dueAt))
        otherSinceSent.record(microsecondsSince(sentAt))
      }
      if (body !== undefined && samples.length < MAX_SAMPLES)
        samples.push({ variation, status, body })
      if (!isSending) finishIfDone()
      else if (!connection.isLast()) sendNext()
    }

    function microsecondsSince(time: number): number {
      return Math.max(1, Math.round((lastAnswerAt - time) * 1000))
    }

    function onClose(): void {
      open.delete(connection)
      const index = idle.indexOf(sendNext)
      if (index !== -1) idle.splice(index, 1)
      if (isWaiting) unanswered += 1
      if (!isSending) finishIfDone()
      else setTimeout(reconnect, isOpen ? 0 : RECONNECT_MS)
    }
  }

  function reconnect(): void {
    if (isSending) connectOne()
  }

  function tick(rate: number, made: number): void {
    if (!isSending) return
    const now = performance.now()
    let count = made
    for (; count < ((now - startedAt) / 1000) * rate; count += 1) {
      const due = startedAt + (count * 1000) / rate
      dueTimes.push(now - due > TIMER_SLACK_MS ? due : now)
    }
    while (dueTimes.length > taken && idle.length > 0) idle.pop()?.()
    setTimeout(tick, TICK_MS, rate, count)
  }

  function stopSending(): void {
    if (!isSending) return
    isSending = false
    clearTimeout(stopTimer)
    setTimeout(finish, GRACE_MS).unref()
    finishIfDone()
  }

  function finishIfDone(): void {
    if (answered + unanswered >= sent) finish()
  }
}

function prepareRequest(load: Load, variation: RequestVariation): Buffer {
  const { host = '127.0.0.1', port, path, method } = load
  const body = variation.body ?? load.body ?? ''
  const headers = Object.entries({ ...load.headers, ...variation.headers })
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}:${port}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST' ? [`content-length: ${Buffer.byteLength(body)}`] : [])
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

function describeLatencies(histogram: ReturnType<typeof createHistogram>): Latencies {
  const { count } = histogram
  if (count === 0) return { count, p50Microseconds: 0, p99Microseconds: 0, maxMicroseconds: 0 }
  return {
    count,
    p50Microseconds: histogram.percentile(50),
    p99Microseconds: histogram.percentile(99),
    maxMicroseconds: histogram.max
  }
}
