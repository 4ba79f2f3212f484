/** Collects bytes that come in pieces, in memory that grows with the bytes and not with the number of pieces. */

export interface ByteCollector {
  /**
   * Takes a piece, which must not change afterwards.
   * @returns false where it would go over the limit; it is not taken then
   */
  readonly add: (piece: Buffer) => boolean
  /** All bytes so far. */
  readonly bytes: () => Buffer
}

/**
 * A list of the pieces would cost hundreds of bytes for each, and the other side decides how small they are:
 * a mebibyte in chunks of one byte would take 400 of them.
 */
export function createByteCollector(limit: number): ByteCollector {
  let collected: Buffer = Buffer.alloc(0)
  let length = 0

  function grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(needed, 2 * collected.length)))
    collected.copy(larger, 0, 0, length)
    collected = larger
  }

  return {
    add(piece) {
      const needed = length + piece.length
      if (needed > limit) return false
      // Most bodies come in one piece, and that is kept as it is.
      if (length === 0) collected = piece
      else {
        if (needed > collected.length) grow(needed)
        piece.copy(collected, length)
      }
      length = needed
      return true
    },
    bytes: () => collected.subarray(0, length)
  }
}
