/** Collects bytes that come in pieces, in memory that grows with the bytes and not with the number of pieces. */

export interface ByteCollector {
  /**
   * Takes a piece, which must not change afterwards.
   * @returns false where it would go over the limit; it is not taken then
   */
  readonly add: (piece: Buffer) => boolean
  /** How many bytes have come so far. */
  readonly size: () => number
  /** How many bytes of memory they take: a little more, where they came in small pieces. */
  readonly held: () => number
  /** All bytes so far. */
  readonly bytes: () => Buffer
}

/** Pieces from this size on are kept as they are. Smaller ones are copied into blocks of twice this size. */
const LARGE_BYTES = 8 * 1024

/**
 * A list of all pieces would cost hundreds of bytes for each, and the other side decides how small they are: a mebibyte in chunks of one
 * byte would take 400 of them. One buffer that doubles would leave its smaller ones behind as garbage, which is memory too.
 */
export function createByteCollector(limit: number): ByteCollector {
  let pieces: Buffer[] = []
  let size = 0
  let held = 0
  /** The last block is filled up to here; undefined where the last piece is kept as it came. */
  let filled: number | undefined

  function keep(piece: Buffer, length: number | undefined): void {
    pieces.push(piece)
    held += piece.length
    filled = length
  }

  return {
    add(piece) {
      if (size + piece.length > limit) return false
      // Most bodies come in one piece.
      if (size === 0 || piece.length >= LARGE_BYTES) {
        closeBlock()
        keep(piece, undefined)
      } else if (!fill(piece)) {
        closeBlock()
        const room = Math.max(piece.length, Math.min(2 * LARGE_BYTES, limit - size))
        const block = Buffer.allocUnsafeSlow(room)
        piece.copy(block)
        keep(block, piece.length)
      }
      size += piece.length
      return true
    },
    size: () => size,
    held: () => held,
    bytes() {
      closeBlock()
      if (pieces.length > 1) pieces = [Buffer.concat(pieces, size)]
      held = size
      return pieces[0] ?? Buffer.alloc(0)
    }
  }

  /** Copies a piece into the block that is not full, if it has room. */
  function fill(piece: Buffer): boolean {
    const block = pieces.at(-1)
    if (filled === undefined || block === undefined) return false
    if (filled + piece.length > block.length) return false
    piece.copy(block, filled)
    filled += piece.length
    return true
  }

  /** The block takes no more, and only what is in it counts as bytes. Its memory stays as it is. */
  function closeBlock(): void {
    if (filled === undefined) return
    pieces.push(pieces.pop()?.subarray(0, filled) ?? Buffer.alloc(0))
    filled = undefined
  }
}
