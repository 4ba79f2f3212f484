/** A try whether something that the configuration names can be reached. */
import type { TlsSettings } from '../../remote/tls-options.ts'

/** TLS as the setting beside an address has it. */
export interface ProbedTls extends TlsSettings {
  /** PEM of a certificate to show, and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface Address {
  readonly url: URL
  readonly tls: ProbedTls | undefined
}

/**
 * Reaches for an address, and sends no credentials but a client certificate.
 * @param signal ends it when its time is up
 * @returns what answered
 * @throws Error with a message that says what did not
 */
export type Reach = (address: Address, signal: AbortSignal) => Promise<string>

export interface Probe extends Address {
  /** Where the address stands in the full form. */
  readonly setting: string
  readonly reach: Reach
}

export interface ProbeResult {
  readonly setting: string
  /** Without user name, password and query, which may be secret. */
  readonly address: string
  readonly reached: boolean
  /** What answered, or what went wrong. */
  readonly found: string
}

/** @param deadlineMs for the whole of it */
export async function runProbe(probe: Probe, deadlineMs: number): Promise<ProbeResult> {
  const { setting, url } = probe
  const about = { setting, address: `${url.protocol}//${url.host}${url.pathname}` }
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    return { ...about, reached: true, found: await probe.reach(probe, signal) }
  } catch (error) {
    const found = signal.aborted ? `no answer within ${deadlineMs} ms` : describe(error)
    return { ...about, reached: false, found }
  }
}

function describe(error: unknown): string {
  // A host with several addresses, none of which answers, gives an error without a message.
  const { message, code } = error as NodeJS.ErrnoException
  return message === '' ? String(code) : message
}
