/** How figures are written: the columns of the tables. */
import type { Figures } from './measure.ts'

interface Column {
  readonly name: keyof Figures
  readonly head: string
  readonly digits: number
  readonly unit: string
}

export const columns: readonly Column[] = [
  { name: 'cpuMicrosecondsPerRequest', head: 'CPU/req µs', digits: 1, unit: 'µs' },
  { name: 'requestsPerSecond', head: 'requests/s', digits: 0, unit: '/s' },
  { name: 'p50Milliseconds', head: 'p50 ms', digits: 2, unit: 'ms' },
  { name: 'p99Milliseconds', head: 'p99 ms', digits: 2, unit: 'ms' },
  { name: 'rssMegabytes', head: 'RSS MB', digits: 0, unit: 'MB' },
  { name: 'peakRssMegabytes', head: 'peak RSS MB', digits: 0, unit: 'MB' },
  { name: 'startToReadySeconds', head: 'ready s', digits: 3, unit: 's' },
  { name: 'cpuShare', head: 'CPU share', digits: 2, unit: '' },
  { name: 'generatorMicroseconds', head: 'generator µs', digits: 1, unit: 'µs' }
]

export function formatFigures(figures: Figures, names: readonly (keyof Figures)[]): string[] {
  return names.map((name) => formatNumber(figures[name], columnOf(name).digits))
}

export function formatWithUnit(name: keyof Figures, value: number): string {
  const { digits, unit } = columnOf(name)
  return `${formatNumber(value, digits)} ${unit}`.trim()
}

export function headsOf(names: readonly (keyof Figures)[]): string[] {
  return names.map((name) => columnOf(name).head)
}

/** A figure that could not be measured is a dash. */
export function formatNumber(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-'
}

function columnOf(wanted: keyof Figures): Column {
  const column = columns.find(({ name }) => name === wanted)
  if (column === undefined) throw new TypeError(`There is no column for ${wanted}`)
  return column
}
