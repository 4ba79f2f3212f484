/** Counters and histograms kept as plain numbers: prom-client, which exposes them, would hash the labels of each change. */
import { Counter, type Histogram, type Registry } from 'prom-client'

export interface PlainMetricOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

type Labels = Readonly<Record<string, string>>

/** Adds one, or another amount, to the count for these values of the labels, in the order of their names. */
export type Count = (values: readonly string[], amount?: number) => void

/** Makes a counter. Values of labels are few: they come from the configuration, or from short lists of words. */
export function createPlainCounter(
  registry: Registry,
  { name, help, labelNames }: PlainMetricOptions
): Count {
  const series = createSeries(labelNames, () => ({ count: 0 }))
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, data } of series.all()) this.inc(labels, data.count)
    }
  })

  return function count(values, amount = 1) {
    series.find(values).count += amount
  }
}

/** Notes a value for these values of the labels, in the order of their names. */
export type Observe = (values: readonly string[], value: number) => void

/** Makes a histogram with these upper bounds. */
export function createPlainHistogram(
  registry: Registry,
  { name, help, labelNames, buckets }: PlainMetricOptions & { readonly buckets: readonly number[] }
): Observe {
  // The last place counts what is beyond the highest bound.
  const series = createSeries(labelNames, () => ({
    counts: new Array<number>(buckets.length + 1).fill(0),
    sum: 0
  }))
  const bounds = [...buckets, '+Inf']

  function describe(labels: Labels, { counts, sum }: { counts: readonly number[]; sum: number }) {
    let total = 0
    const values = bounds.map((le, index) => {
      total += counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total }
    })
    return [
      ...values,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: total }
    ]
  }

  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: series.all().flatMap(({ labels, data }) => describe(labels, data))
    })
  }
  // The registry needs no more of a metric than this. A Histogram of its own cannot be set, only observed.
  registry.registerMetric(metric as unknown as Histogram)

  return function observe(values, value) {
    const data = series.find(values)
    let index = 0
    while (index < buckets.length && value > (buckets[index] ?? 0)) index++
    data.counts[index] = (data.counts[index] ?? 0) + 1
    data.sum += value
  }
}

/** One record for each combination of label values. They are found label by label: a key of them all would be a new text each time. */
function createSeries<Data>(labelNames: readonly string[], createData: () => Data) {
  interface Node {
    readonly next: Map<string, Node>
    data?: Data
  }
  const root: Node = { next: new Map() }
  const all: { readonly labels: Labels; readonly data: Data }[] = []

  function create(values: readonly string[]): Data {
    const labels = Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? '']))
    const data = createData()
    all.push({ labels, data })
    return data
  }

  return {
    all: () => all,
    find(values: readonly string[]): Data {
      let node = root
      for (const value of values) {
        let next = node.next.get(value)
        if (next === undefined) {
          next = { next: new Map() }
          node.next.set(value, next)
        }
        node = next
      }
      node.data ??= create(values)
      return node.data
    }
  }
}
