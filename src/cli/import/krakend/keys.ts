/** The keys of KrakenD's signer and validator, which name them alike. */
import type { Section } from '../source.ts'
import { given, urlWithoutUser } from '../system.ts'

/** The IANA numbers of the TLS 1.2 cipher suites with forward secrecy, by their OpenSSL names. */
const CIPHERS: Readonly<Record<string, string>> = {
  49195: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  49196: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  49199: 'ECDHE-RSA-AES128-GCM-SHA256',
  49200: 'ECDHE-RSA-AES256-GCM-SHA384',
  52392: 'ECDHE-RSA-CHACHA20-POLY1305',
  52393: 'ECDHE-ECDSA-CHACHA20-POLY1305'
}

/** Where keys are from: exactly one of the first two is given. */
export interface KeyPlace {
  readonly url: string | undefined
  readonly file: string | undefined
  /** The settings of a JWK Set beside its URL. */
  readonly fetching: Readonly<Record<string, unknown>>
}

/** @param jose the section of the signer or the validator */
export function readKeyPlace(jose: Section): KeyPlace {
  const file = jose.text('jwk_local_path')
  const url = file === undefined ? urlWithoutUser(jose, 'jwk_url') : undefined
  const isLax = jose.flag('disable_jwk_security') === true
  const isPlain = url?.startsWith('http:') === true
  if (isPlain) jose.note('jwk_url', 'is plain http://: whoever is on the way can put in keys')
  else if (isLax && url !== undefined) {
    jose.note(
      'disable_jwk_security',
      'has no equal: the certificate is verified; tls.ca names an authority'
    )
  }
  const ca = jose.text('jwk_local_ca')
  const pins = jose.texts('jwk_fingerprints')
  const ciphers = readCiphers(jose)
  const tls = given({
    pins: pins.length === 0 ? undefined : pins,
    ca: ca === undefined ? undefined : { file: ca },
    ciphers: ciphers.length === 0 ? undefined : ciphers
  })
  const isTls = url !== undefined && Object.keys(tls).length > 0
  return {
    url,
    file,
    fetching: given({
      allowHttp: isPlain && isLax ? true : undefined,
      tls: isTls ? tls : undefined
    })
  }
}

/** A key of the configuration, as it is written. */
export interface WrittenKey {
  readonly kid?: string
  readonly alg: string
  readonly jwks?: { readonly file: string }
  readonly jwksUrl?: string | undefined
  readonly publish?: boolean
}

/** Makes a key of the configuration, with its origin. */
export function toKey(
  { url, file, fetching }: KeyPlace,
  { kid, alg }: { readonly kid?: string | undefined; readonly alg: string }
): WrittenKey {
  return {
    ...(kid !== undefined && { kid }),
    alg,
    ...(file === undefined ? { jwksUrl: url, ...fetching } : { jwks: { file } })
  }
}

function readCiphers(jose: Section): string[] {
  const numbers = jose.texts('cipher_suites')
  if (numbers.some((number) => CIPHERS[number] === undefined)) {
    jose.note('cipher_suites', 'has some without forward secrecy, which are left out')
  }
  return numbers.flatMap((number) => CIPHERS[number] ?? [])
}
