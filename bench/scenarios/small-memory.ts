/** getToken with `memory: small` beside the default: the memory that it saves, and the CPU that it costs. */
import type { Bench, Scenario } from '../scenario.ts'
import { createGetTokenVariants } from './get-token.ts'

export function createSmallMemoryScenario(bench: Bench): Scenario {
  const [small] = createGetTokenVariants(bench, { settings: { memory: 'small' } })
  const [normal] = createGetTokenVariants(bench)
  return {
    title: 'Small memory',
    variants: [
      { ...small, name: 'memory: small' },
      { ...normal, name: 'normal' }
    ],
    rules: [
      {
        what: 'peak RSS under load, memory: small',
        figure: 'peakRssMegabytes',
        limit: 90,
        unit: 'MB'
      }
    ]
  }
}
