/** The settings of keys in a JWK Set behind a URL, beside the URL itself. */
import { getCiphers } from 'node:tls'
import * as z from 'zod'
import { proxy } from '../../settings/proxy.ts'
import { duration, flag, integer, size } from '../../settings/quantities.ts'
import { oncePerReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { authorities } from '../../settings/tls.ts'
import type { RemoteKeyConfig } from '../settings.ts'
import {
  DEFAULT_REFRESH_MS,
  DEFAULT_STALE_LIMIT_MS,
  type RemoteKeySourceOptions
} from './remote-key-source.ts'

/** None has a default value here, so that it is known which were given; the described defaults are those of the key source. */
export const remoteKeyShape = oncePerReader(function remoteKeyShape(reader) {
  return {
    allowHttp: flag
      .optional()
      .describe(
        'Whether the URL may be plain http://, for a network that is secured in another way. Default: false.'
      ),
    tls: section({
      pins: z
        .array(pin, 'expected a list of pins')
        .min(1, 'expected at least one pin')
        .optional()
        .describe(
          'SHA-256 hashes of the SubjectPublicKeyInfo (DER) of certificates, in base64url or base64. One certificate of the chain has to match one of them. Default: no pins.'
        ),
      ca: authorities(reader)
        .optional()
        .describe('PEM certificates of the authorities to trust. Default: those of Node.js.'),
      minVersion: z
        .enum(['TLSv1.2', 'TLSv1.3'], 'expected TLSv1.2 or TLSv1.3')
        .optional()
        .describe('The oldest version of TLS to accept. Default: TLSv1.2.'),
      ciphers: z
        .array(cipher, 'expected a list of cipher suites')
        .min(1, 'expected at least one cipher suite')
        .optional()
        .describe('Cipher suites to offer, by their OpenSSL names. Default: those of Node.js.')
    })
      .optional()
      .describe('TLS of an https:// JWK Set. The certificate of its server is always verified.'),
    proxy,
    refresh: duration('1s', '30d')
      .optional()
      .describe(
        'How long a JWK Set is used until it is fetched again, unless its HTTP headers give a shorter lifetime. Default: 15m.'
      ),
    cooldown: duration('1s', '1d')
      .optional()
      .describe(
        'Least time after a fetch until an unknown kid in a token may cause another fetch. Default: 30s.'
      ),
    staleLimit: duration('1s', '365d')
      .optional()
      .describe(
        'How long the keys are used after the last successful fetch, while further fetches fail. Not shorter than `refresh`. Default: 24h.'
      ),
    timeout: duration('1ms', '5m')
      .optional()
      .describe('Time limit of one fetch, from connecting to the last byte. Default: 5s.'),
    limits: section({
      size: size('1KiB', '64MiB').optional().describe('Largest JWK Set. Default: 256KiB.'),
      keys: integer(1, 10_000).optional().describe('Most keys in a JWK Set. Default: 100.')
    })
      .optional()
      .describe('Limits of a JWK Set.')
  }
})

export const STALE_LIMIT_EXPECTED = 'expected a duration that is not shorter than refresh'

/** Whether keys are usable at least until they are fetched again. */
export function staysWithin({
  refresh = DEFAULT_REFRESH_MS,
  staleLimit = DEFAULT_STALE_LIMIT_MS
}: {
  readonly refresh?: number | undefined
  readonly staleLimit?: number | undefined
}): boolean {
  return refresh <= staleLimit
}

const PIN_EXPECTED = 'expected a SHA-256 in base64url or base64'
const pin = z
  .string(PIN_EXPECTED)
  .regex(/^[A-Za-z0-9+/_-]{43}=?$/, PIN_EXPECTED)
  .transform((text) => Buffer.from(text, 'base64').toString('base64url'))

const knownCiphers = new Set(getCiphers())
const cipher = z
  .string('expected the name of a cipher suite')
  .refine((name) => knownCiphers.has(name.toLowerCase()), {
    error: 'expected the OpenSSL name of a cipher suite, such as ECDHE-RSA-AES128-GCM-SHA256'
  })

type FetchConfig = z.output<z.ZodObject<ReturnType<typeof remoteKeyShape>>>

/** The one key of an entry of `keys`. What the configuration leaves out is left to the defaults of the key source. */
export function toRemoteKeyOptions(entry: RemoteKeyConfig): RemoteKeySourceOptions {
  const { jwksUrl: url, kid, alg, typ } = entry
  return { url, kid, algorithms: [alg], typ, ...toFetchOptions(entry) }
}

/** A JWK Set all of whose keys may be used. */
interface JwkSetConfig extends FetchConfig {
  readonly algorithms: RemoteKeySourceOptions['algorithms']
}

/** All keys of the set of an issuer, wherever that is. */
export function toJwkSetOptions(
  place: Pick<RemoteKeySourceOptions, 'url' | 'issuers'>,
  verifier: JwkSetConfig
): RemoteKeySourceOptions {
  return { ...place, algorithms: verifier.algorithms, ...toFetchOptions(verifier) }
}

function toFetchOptions(entry: FetchConfig) {
  return {
    allowHttp: entry.allowHttp,
    tls: entry.tls,
    proxy: entry.proxy,
    refreshMs: entry.refresh,
    staleLimitMs: entry.staleLimit,
    cooldownMs: entry.cooldown,
    timeoutMs: entry.timeout,
    maxBytes: entry.limits?.size,
    maxKeys: entry.limits?.keys
  }
}
