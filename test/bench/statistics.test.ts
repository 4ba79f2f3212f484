import test from 'ava'
import type { Figures } from '../../bench/measure.ts'
import { figureRatios, medianFigures } from '../../bench/statistics.ts'

const figures = (value: number): Figures => ({
  cpuMicrosecondsPerRequest: value,
  requestsPerSecond: value,
  p50Milliseconds: value,
  p99Milliseconds: value,
  rssMegabytes: value,
  peakRssMegabytes: value,
  startToReadySeconds: value,
  cpuShare: value,
  generatorMicroseconds: value
})

test('the median of an odd number of rounds is the middle one', (t) => {
  t.deepEqual(medianFigures([9, 1, 10].map(figures)), figures(9))
})

test('the median of an even number of rounds lies between the two in the middle', (t) => {
  t.deepEqual(medianFigures([4, 1, 10, 2].map(figures)), figures(3))
})

test('ratios are taken round by round, not between medians', (t) => {
  const ratios = figureRatios([10, 100, 9].map(figures), [5, 20, 3].map(figures))
  t.deepEqual(ratios.p99Milliseconds, { median: 3, lowest: 2, highest: 5 })
})
