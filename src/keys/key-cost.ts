/** What slow keys cost, so that nobody chooses one unawares. */
import type { KeyObject } from 'node:crypto'
import type { Algorithm } from './key.ts'

const MOST_RSA_BITS = 3072
/** Measured on a server core with OpenSSL 3.0: 0.3 ms for 2048 bits, 1.8 ms for 3072, 4 ms for 4096. It grows with the cube. */
const MILLISECONDS_OF_4096_BITS = 4

/**
 * Describes the cost of a key.
 * @param material undefined where it is made or fetched later: then the algorithm alone is judged
 * @returns undefined for a key that is not slow
 */
export function describeCost(alg: Algorithm, material: KeyObject | undefined): string | undefined {
  if (alg === 'ES512') {
    return 'ES512 is slow: a signature takes about 1.6 ms of CPU and a check about 1.2 ms, some 30 and 10 times as much as with ES256'
  }
  const bits = material?.asymmetricKeyDetails?.modulusLength ?? 0
  if (material?.type !== 'private' || bits <= MOST_RSA_BITS) return undefined
  const milliseconds = Math.round(MILLISECONDS_OF_4096_BITS * (bits / 4096) ** 3)
  return `an RSA key of ${bits} bits is slow: a signature takes about ${milliseconds} ms of CPU, against 0.3 ms with 2048 bits or 0.05 ms with ES256`
}
