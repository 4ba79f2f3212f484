/** Makes new key material for an algorithm. */
import { generateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { algorithmDetails } from '../algorithms.ts'
import type { Algorithm } from '../key.ts'

/** A key that is replaced every few days needs no more, and 3072 bits would cost five times the time at each signing. */
const RSA_BITS = 2048

const generateSecret = promisify(generateKey)
const generatePair = promisify(generateKeyPair)

/** Makes a secret or a private key, in the thread pool: a pair of RSA keys takes up to a second. */
export async function generateMaterial(alg: Algorithm): Promise<KeyObject> {
  const details = algorithmDetails(alg)
  switch (details.family) {
    case 'HMAC':
      return generateSecret('hmac', { length: details.leastSecretBytes * 8 })
    case 'RSA':
      return (await generatePair('rsa', { modulusLength: RSA_BITS })).privateKey
    case 'EC':
      return (await generatePair('ec', { namedCurve: details.curve })).privateKey
    case 'Ed25519':
      return (await generatePair('ed25519', {})).privateKey
  }
}
