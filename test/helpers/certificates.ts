/** X.509 certificates for tests, made on the spot (RFC 5280), so that none in the repository can expire and no tool is needed. */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { bitString, der, integer, objectId, octetString, sequence, TRUE, utcTime } from './der.ts'
import { generatePair } from './keys.ts'

/** `cert` and `key` are PEM, under the names that `node:tls` has for them. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
  /** Base64url of the SHA-256 over its SubjectPublicKeyInfo. */
  readonly pin: string
}

export interface TestAuthority extends TestCertificate {
  /** Makes a certificate for the end of a chain, with a key of its own. `cert` has the intermediate authorities behind it. */
  readonly issue: (options?: IssueOptions) => TestCertificate
  /** Makes an authority below this one. */
  readonly issueAuthority: (name: string, options?: AuthorityOptions) => TestAuthority
}

interface AuthorityOptions {
  /** Default: an hour ago. */
  readonly notBefore?: Date
  /** Default: in an hour. */
  readonly notAfter?: Date
  /** How many authorities may be below it. Default: any number. */
  readonly pathLength?: number
  /** The only domain that it may issue for. Default: any. */
  readonly permittedDomain?: string
  /** Whether it claims to be an authority. Default true. */
  readonly isAuthority?: boolean
}

interface IssueOptions {
  /** The common name. Default `test`. */
  readonly name?: string
  /** Host names and IPv4 addresses that it is for. Default `localhost` and `127.0.0.1`. A client has none. */
  readonly hosts?: readonly string[]
  /** Its purpose. Default `server`. */
  readonly use?: 'server' | 'client'
  /** Default: an hour ago. */
  readonly notBefore?: Date
  /** Default: in an hour. A date in the past makes an expired certificate. */
  readonly notAfter?: Date
  /** Whether it names the key that signed it, and not only the issuer. Default true. */
  readonly keyIdentifiers?: boolean
  /** An extension that no program knows, and whether it is critical. Default: none. */
  readonly unknownRule?: 'critical' | 'optional'
}

interface Issuer {
  readonly name: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

interface Subject {
  readonly name: string
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly keyIdentifiers?: boolean
}

/** Makes a root authority. Clients trust it by its `cert`, given as `ca`. */
export function createAuthority(name = 'Test Root', options: AuthorityOptions = {}): TestAuthority {
  const issuer = { name, ...createKeyPair() }
  return describeAuthority(issuer, signAuthority(issuer, issuer, options))
}

function signAuthority(subject: Issuer, issuer: Issuer, options: AuthorityOptions): string {
  const { isAuthority = true, pathLength, permittedDomain, ...times } = options
  const extensions = [
    ...(isAuthority ? authorityExtensions(pathLength) : END_ENTITY),
    ...(permittedDomain === undefined ? [] : [nameConstraints(permittedDomain)])
  ]
  return signCertificate({ ...subject, extensions, ...times }, issuer)
}

/** @param intermediates the certificates between the root and those that this authority issues, as PEM */
function describeAuthority(issuer: Issuer, cert: string, intermediates = ''): TestAuthority {
  return {
    ...describeCertificate(cert, issuer),
    issue(options = {}) {
      const { name = 'test', hosts = ['localhost', '127.0.0.1'], use = 'server' } = options
      const { unknownRule, ...rest } = options
      const pair = createKeyPair()
      const extensions = [
        ...(use === 'server' ? [...SERVER, alternativeNames(hosts)] : CLIENT),
        ...(unknownRule === undefined
          ? []
          : [extension(OID.unknown, sequence(), unknownRule === 'critical')])
      ]
      const subject = { ...rest, name, publicKey: pair.publicKey, extensions }
      const own = signCertificate(subject, issuer)
      return describeCertificate(own + intermediates, pair)
    },
    issueAuthority(name, options = {}) {
      const below = { name, ...createKeyPair() }
      const own = signAuthority(below, issuer, options)
      return describeAuthority(below, own, own + intermediates)
    }
  }
}

function createKeyPair() {
  const { signing, verifying } = generatePair('ec', { namedCurve: 'P-256' })
  return { privateKey: signing, publicKey: verifying }
}

function describeCertificate(
  cert: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }
): TestCertificate {
  return {
    cert,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    pin: createHash('sha256').update(encodeSpki(publicKey)).digest('base64url')
  }
}

const HOUR_MS = 3_600_000

/** RFC 5280, section 4.1. */
function signCertificate(subject: Subject, issuer: Issuer): string {
  const now = Date.now()
  const version3 = der(0xa0, integer(Buffer.from([2])))
  // The first bit is the sign, and a serial number is positive.
  const serialNumber = integer(Buffer.concat([Buffer.from([1]), randomBytes(8)]))
  const validity = sequence(
    utcTime(subject.notBefore ?? new Date(now - HOUR_MS)),
    utcTime(subject.notAfter ?? new Date(now + HOUR_MS))
  )
  const keyIdentifiers =
    subject.keyIdentifiers === false
      ? []
      : [
          extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(subject.publicKey))),
          extension(
            OID.authorityKeyIdentifier,
            sequence(der(0x80, keyIdentifier(issuer.publicKey)))
          )
        ]
  const toBeSigned = sequence(
    version3,
    serialNumber,
    ECDSA_WITH_SHA256,
    encodeName(issuer.name),
    validity,
    encodeName(subject.name),
    encodeSpki(subject.publicKey),
    der(0xa3, sequence(...subject.extensions, ...keyIdentifiers))
  )
  const signature = bitString(sign('sha256', toBeSigned, issuer.privateKey))
  return toPem(sequence(toBeSigned, ECDSA_WITH_SHA256, signature))
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function encodeSpki(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

/** A distinguished name with the common name alone. */
function encodeName(commonName: string): Buffer {
  const utf8 = der(0x0c, Buffer.from(commonName))
  return sequence(der(0x31, sequence(objectId(OID.commonName), utf8)))
}

/** RFC 7093, section 2: 160 bits of a SHA-256. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(encodeSpki(publicKey)).digest().subarray(0, 20)
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 4
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host, 'ascii'))
  )
  return extension(OID.subjectAltName, sequence(...names))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [TRUE] : []), octetString(value))
}

function authorityExtensions(pathLength: number | undefined): Buffer[] {
  const length = pathLength === undefined ? [] : [integer(Buffer.from([pathLength]))]
  return [
    extension(OID.basicConstraints, sequence(TRUE, ...length), true),
    extension(OID.keyUsage, KEY_CERT_SIGN, true)
  ]
}

/** RFC 5280, section 4.2.1.10. */
function nameConstraints(domain: string): Buffer {
  const subtree = sequence(der(0x82, Buffer.from(domain, 'ascii')))
  return extension(OID.nameConstraints, sequence(der(0xa0, subtree)), true)
}

/** The object identifiers in use, encoded, as hex (RFC 5280, appendix A). */
const OID = {
  commonName: '550403',
  /** Of the arc for examples, 2.999. */
  unknown: '883703',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  nameConstraints: '551d1e',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
  ecdsaWithSha256: '2a8648ce3d040302'
} as const

const ECDSA_WITH_SHA256 = sequence(objectId(OID.ecdsaWithSha256))
const KEY_CERT_SIGN = bitString(Buffer.from([0b00000100]), 2)
const DIGITAL_SIGNATURE = bitString(Buffer.from([0b10000000]), 7)
const END_ENTITY = [
  extension(OID.basicConstraints, sequence(), true),
  extension(OID.keyUsage, DIGITAL_SIGNATURE, true)
]
const SERVER = [...END_ENTITY, extension(OID.extendedKeyUsage, sequence(objectId(OID.serverAuth)))]
const CLIENT = [...END_ENTITY, extension(OID.extendedKeyUsage, sequence(objectId(OID.clientAuth)))]
