/** Keys in PEM (RFC 7468): PKCS#8, PKCS#1, SEC1, SubjectPublicKeyInfo, X.509 certificates. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { KeyError } from '../key-error.ts'

interface PemBlock {
  readonly label: string
  /** The block, with its first and last line. */
  readonly text: string
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs

/**
 * Reads the one private key of a PEM text. Other blocks, such as its certificates or EC parameters, may be beside it.
 * @throws KeyError
 */
export function parsePrivatePem(text: string, passphrase?: string): KeyObject {
  const blocks = parseBlocks(text)
  const [block, another] = blocks.filter(isPrivate)
  if (block === undefined) {
    throw new KeyError(`found ${listLabels(blocks)} in PEM, expected a private key`)
  }
  if (another !== undefined) {
    throw new KeyError('found more than one private key in PEM, expected one')
  }
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw new KeyError(
      'found a private key in the format of OpenSSH, expected PKCS#8, PKCS#1 or SEC1 (`ssh-keygen -p -m PKCS8 -f file` converts it)'
    )
  }
  const encrypted =
    block.label === 'ENCRYPTED PRIVATE KEY' || block.text.includes('Proc-Type: 4,ENCRYPTED')
  if (encrypted && passphrase === undefined) {
    throw new KeyError('found an encrypted private key, expected a passphrase with it')
  }
  let key: KeyObject
  try {
    key = createPrivateKey({ key: block.text, format: 'pem', passphrase })
  } catch {
    throw new KeyError(
      encrypted
        ? 'found an encrypted private key that its passphrase does not open'
        : `found ${block.label} in PEM that cannot be read`
    )
  }
  assertPoint(createPublicKey(key))
  return key
}

/**
 * Reads a public key, or the key of the first certificate: in a chain, the others certify that one.
 * Only the key of a certificate counts; its dates and its issuer are not checked.
 * @throws KeyError
 */
export function parsePublicPem(text: string): KeyObject {
  const blocks = parseBlocks(text)
  if (blocks.some(isPrivate)) {
    throw new KeyError('found a private key, expected a public one: it is all that verifying needs')
  }
  const block = blocks.find(({ label }) => /^(RSA )?PUBLIC KEY$|^(X509 )?CERTIFICATE$/.test(label))
  if (block === undefined) {
    throw new KeyError(`found ${listLabels(blocks)} in PEM, expected a public key or a certificate`)
  }
  const isCertificate = block.label.endsWith('CERTIFICATE')
  if (!isCertificate && blocks.length > 1) {
    throw new KeyError(`found ${listLabels(blocks)} in PEM, expected one public key`)
  }
  let key: KeyObject
  try {
    key = isCertificate
      ? new X509Certificate(block.text).publicKey
      : createPublicKey({ key: block.text, format: 'pem' })
  } catch {
    throw new KeyError(`found ${block.label} in PEM that cannot be read`)
  }
  assertPoint(key)
  return key
}

/** The end of a SubjectPublicKeyInfo (RFC 5280, section 4.1) with the point at infinity: a BIT STRING of one zero byte. */
const INFINITY = Buffer.from([0x03, 0x02, 0x00, 0x00])

/** OpenSSL accepts the point at infinity as a key, and node:crypto crashes the process as soon as it reads the curve. */
function assertPoint(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ec') return
  let info: Buffer
  try {
    info = key.export({ type: 'spki', format: 'der' })
  } catch {
    info = INFINITY
  }
  if (info.subarray(-INFINITY.length).equals(INFINITY)) {
    throw new KeyError('found an EC key whose public half is no point of its curve')
  }
}

function parseBlocks(text: string): PemBlock[] {
  const blocks = Array.from(text.matchAll(BLOCK), ([whole, label = '']) => ({ label, text: whole }))
  if (blocks.length === 0) throw new KeyError('found the start of a PEM block without its end')
  return blocks
}

function isPrivate({ label }: PemBlock): boolean {
  return label.endsWith('PRIVATE KEY')
}

function listLabels(blocks: readonly PemBlock[]): string {
  return blocks.map(({ label }) => label).join(' and ')
}
