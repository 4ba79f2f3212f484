import test from 'ava'
import { judge } from '../../bench/curve.ts'

const points = (...costs: readonly [amount: number, cpu: number][]) =>
  costs.map(([amount, cpu]) => ({
    amount,
    name: 'txtoken',
    medians: {
      cpuMicrosecondsPerRequest: cpu,
      requestsPerSecond: 1,
      p50Milliseconds: 1,
      p99Milliseconds: 1,
      rssMegabytes: 1,
      peakRssMegabytes: 1,
      startToReadySeconds: 1,
      cpuShare: 1,
      generatorMicroseconds: 1
    }
  }))

test('a flat curve is judged by the ratio of its most expensive amount to the first', (t) => {
  t.true(judge('keys', 'flat', points([1, 100], [10, 90], [100, 120])).met)
  const budget = judge('keys', 'flat', points([1, 100], [10, 150], [100, 120]))
  t.false(budget.met)
  t.is(budget.measured, 1.5)
})

test('a linear curve is judged by its steepest step relative to the growth of the amount', (t) => {
  t.true(judge('replies', 'linear', points([1, 10], [10, 100], [20, 200])).met)
  const budget = judge('replies', 'linear', points([1, 10], [2, 40], [200, 80]))
  t.false(budget.met)
  t.is(budget.measured, 2)
})

test('the first step of a linear curve may start at zero', (t) => {
  t.is(judge('revoked', 'linear', points([0, 10], [10, 50])).measured, 0.5)
})
