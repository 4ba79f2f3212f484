/** TLS of probes: what the service itself would use. */
import { createTlsOptions } from '../../remote/tls-options.ts'
import type { ProbedTls } from './probe.ts'

export function createProbeTls({ cert, key, ...settings }: ProbedTls = {}) {
  return {
    ...createTlsOptions(settings),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key })
  }
}
