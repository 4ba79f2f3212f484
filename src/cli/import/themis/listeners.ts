/** The servers of Themis become listeners, under the same names but for `keys`. */
import type { Section } from '../source.ts'
import { given } from '../system.ts'

/** Themis's names of servers that this program has, each with that of its listener. */
export const LISTENERS = {
  key: 'keys',
  issuer: 'issuer',
  claims: 'claims',
  metrics: 'metrics',
  health: 'health'
} as const

/** @param clientCa the file of authorities that tokens trust */
export function readListener(server: Section, clientCa: string | undefined) {
  const address = server.text('address') ?? ''
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? []
  if (port === '') server.note('address', 'has no port number; 0 is put in, any free port')
  return given({
    port: Number(port),
    host: host === '' ? undefined : host.replace(/^\[(.*)\]$/, '$1'),
    tls: readTls(server.section('tls'), clientCa),
    responseHeaders: readHeaders(server)
  })
}

function readTls(tls: Section, trusted: string | undefined) {
  const [cert, key] = [tls.text('certificateFile'), tls.text('keyFile')]
  if (cert === undefined || key === undefined) return undefined
  const mtls = tls.section('mtls')
  const isLax = [mtls.flag('disableRequire'), mtls.flag('disableVerify')].includes(true)
  // Releases without mtls ask every client for a certificate where they have this file.
  const former = tls.text('clientCACertificateFile')
  const isAsked = tls.has('mtls') || former !== undefined
  const clientCa = mtls.text('clientCACertificateFile') ?? former ?? trusted
  return given({
    cert: { file: cert },
    key: { file: key },
    clientCa: clientCa === undefined ? undefined : { file: clientCa },
    clientCertificate: isAsked ? (isLax ? 'request' : 'require') : undefined
  })
}

function readHeaders(server: Section): Record<string, string> | undefined {
  const header = server.section('header')
  const entries = header.names().flatMap((name): [string, string][] => {
    const [value, ...others] = header.texts(name)
    if (others.length > 0) header.note(name, 'has several values, of which the first is put in')
    return value === undefined ? [] : [[name, value]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
