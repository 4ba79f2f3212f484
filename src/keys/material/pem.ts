/** Keys in PEM (RFC 7468): PKCS#8, PKCS#1, SEC1, SubjectPublicKeyInfo, X.509 certificates. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { KeyError } from '../key-error.ts'

interface PemBlock {
  readonly label: string
  /** The block, with its first and last line. */
  readonly text: string
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs

/** Whether a text is PEM, however broken. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

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
  try {
    return createPrivateKey({ key: block.text, format: 'pem', passphrase })
  } catch {
    throw new KeyError(
      encrypted
        ? 'found an encrypted private key that its passphrase does not open'
        : `found ${block.label} in PEM that cannot be read`
    )
  }
}

/**
 * Reads a public key, or that of the first certificate: in a chain that is the one that the others certify.
 * Only the key of a certificate counts; its dates and its issuer are not checked.
 * @throws KeyError
 */
export function parsePublicPem(text: string): KeyObject {
  const blocks = parseBlocks(text)
  if (blocks.some(isPrivate)) {
    throw new KeyError('found a private key, expected a public one: it is all that verifying needs')
  }
  const block = blocks.find(({ label }) => /^(RSA )?PUBLIC KEY$|^CERTIFICATE$/.test(label))
  if (block === undefined) {
    throw new KeyError(`found ${listLabels(blocks)} in PEM, expected a public key or a certificate`)
  }
  if (block.label !== 'CERTIFICATE' && blocks.length > 1) {
    throw new KeyError(`found ${listLabels(blocks)} in PEM, expected one public key`)
  }
  try {
    return block.label === 'CERTIFICATE'
      ? new X509Certificate(block.text).publicKey
      : createPublicKey({ key: block.text, format: 'pem' })
  } catch {
    throw new KeyError(`found ${block.label} in PEM that cannot be read`)
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
