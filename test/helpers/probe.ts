/** Probes as `check-config --probe` runs them. */
import { findProbes } from '../../src/cli/probes/find-probes.ts'
import { type ProbeResult, runProbe } from '../../src/cli/probes/probe.ts'
import type { Config } from '../../src/config/full-form.ts'

/** Probes whatever a configuration has under a name. Settings of stores and directories are known by their addresses. */
export function probe(settings: object, deadlineMs = 3000): Promise<ProbeResult[]> {
  const probes = findProbes(settings as Config)
  return Promise.all(probes.map((one) => runProbe(one, deadlineMs)))
}
