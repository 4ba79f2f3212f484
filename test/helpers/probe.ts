/** Probes as `check-config --probe` runs them. */
import { findAddresses, type ProbeResult, probe } from '../../src/cli/probes/probe.ts'
import type { OpenAddress } from '../../src/remote/address.ts'
import { parse } from './config.ts'

/** Probes every address of a configuration. */
export function probeConfig(config: object, deadlineMs = 3000): Promise<ProbeResult[]> {
  return Promise.all(findAddresses(parse(config)).map((one) => probe(one, deadlineMs)))
}

/** Probes one address that a setting may have. */
export function probeUrl(
  kind: OpenAddress['kind'],
  url: string,
  { tls, deadlineMs = 3000 }: { tls?: OpenAddress['tls']; deadlineMs?: number } = {}
): Promise<ProbeResult> {
  return probe({ setting: ['url'], url: new URL(url), tls, kind }, deadlineMs)
}
