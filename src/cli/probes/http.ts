/** Probes of HTTP services. */
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Reach } from './probe.ts'
import { createProbeTls } from './tls.ts'

/** HEAD is safe (RFC 9110, section 9.2.1), and any status shows that HTTP is spoken there: a login API may well refuse it. */
export const probeHttp: Reach = ({ url, tls }, signal) =>
  new Promise((resolve, reject) => {
    const options = { method: 'HEAD', agent: false, signal } as const
    const request =
      url.protocol === 'https:'
        ? requestSecure(url, { ...options, ...createProbeTls(tls) })
        : requestPlain(url, options)
    request
      .once('response', (response) => {
        response.destroy()
        resolve(`answers HTTP, status ${response.statusCode} to HEAD`)
      })
      .once('error', reject)
      .end()
  })
