/** The resources that the operating system has accounted to a process. Linux only: it reads /proc. */
import { readdirSync, readFileSync } from 'node:fs'

// USER_HZ of proc(5). It is 100 on every architecture that Node.js runs on.
const TICKS_PER_SECOND = 100
const BYTES_PER_KIBIBYTE = 1024

export interface MemoryUsage {
  readonly rssBytes: number
  readonly peakRssBytes: number
}

/** @throws Error where there is no /proc */
export function assertAccounting(): void {
  try {
    readCpuSeconds(process.pid)
  } catch (cause) {
    throw new Error('CPU time is read from /proc, which this system lacks: run on Linux', { cause })
  }
}

/** User and system time of a process and its descendants, with all their threads, in seconds. */
export function readCpuSeconds(pid: number): number {
  return sum(listProcesses(pid).map(readOwnCpuSeconds))
}

/** Resident memory of a process and its descendants, now and at its peak. Shared pages count for each. */
export function readMemory(pid: number): MemoryUsage {
  const statuses = listProcesses(pid).map((each) => readFileSync(`/proc/${each}/status`, 'utf8'))
  return {
    rssBytes: sum(statuses.map((status) => readSize(status, 'VmRSS'))),
    peakRssBytes: sum(statuses.map((status) => readSize(status, 'VmHWM')))
  }
}

/** A process and its descendants. */
function listProcesses(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean)
  )
  return [pid, ...children.flatMap((child) => listProcesses(Number(child)))]
}

function readOwnCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command in parentheses and may hold anything, so the count starts behind it, at field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / TICKS_PER_SECOND
}

/** The processors that this process may run on. */
export function readAllowedCpus(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8')
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

function readSize(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)
  if (match === null) throw new Error(`/proc/<pid>/status has no ${name}`)
  return Number(match[1]) * BYTES_PER_KIBIBYTE
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
