/** Collects bytes that come in pieces, in memory that grows with the bytes and not with the number of pieces. */

export interface ByteCollector {
  /**
   * Takes a piece, which must not change afterwards.
   * @returns false where it would exceed the limit; it is not added then
   */
  readonly add: (piece: Buffer) => boolean
  /** How many bytes have come so far. */
  readonly size: () => number
  /** How many bytes of memory they take. */
  readonly held: () => number
  /** All bytes; no more can be added. */
  readonly bytes: () => Buffer
  /** Releases all bytes, once, however often it is called. */
  readonly discard: () => void
}

export interface ByteCollectorOptions {
  /** The most bytes that are collected. */
  readonly limit: number
  /** How many bytes are to come. A first piece of another length is copied; without a number it is kept until there is a second. */
  readonly expected?: number | undefined
  /** Where blocks are from. Default: each is new. */
  readonly blocks?: Blocks | undefined
}

/** Blocks of memory that are used again, since the garbage collector would find them late. */
export interface Blocks {
  readonly take: () => Buffer
  /** The block must not be used afterwards. */
  readonly give: (block: Buffer) => void
}

const BLOCK_BYTES = 16 * 1024

/** @param most how many unused blocks are kept, in bytes */
export function createBlocks(most: number): Blocks {
  const unused: Buffer[] = []

  return {
    take: () => unused.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES),
    give(block) {
      if ((unused.length + 1) * BLOCK_BYTES <= most) unused.push(block)
    }
  }
}

const NEW_BLOCKS = createBlocks(0)

/**
 * A list of all pieces would cost hundreds of bytes for each, and the other side decides how small they are: a mebibyte in chunks of one
 * byte would take 400 of them. One buffer that doubles would leave its smaller ones behind as garbage, which is memory too.
 */
export function createByteCollector(options: ByteCollectorOptions): ByteCollector {
  const { limit, expected, blocks = NEW_BLOCKS } = options
  let size = 0
  /** Most bodies come in one piece, which is kept without a copy. */
  let whole: Buffer | undefined
  let taken: Buffer[] = []

  /** @param at how many bytes are in the blocks already */
  function copy(piece: Buffer, at: number): void {
    let copied = 0
    while (copied < piece.length) {
      const filled = (at + copied) % BLOCK_BYTES
      if (filled === 0) taken.push(blocks.take())
      copied += piece.copy(taken.at(-1) as Buffer, filled, copied)
    }
  }

  function discard(): void {
    whole = undefined
    for (const block of taken) blocks.give(block)
    taken = []
  }

  return {
    add(piece) {
      if (size + piece.length > limit) return false
      if (size === 0 && (expected === undefined || expected === piece.length)) whole = piece
      else {
        if (whole !== undefined) copy(whole, 0)
        whole = undefined
        copy(piece, size)
      }
      size += piece.length
      return true
    },
    size: () => size,
    held: () => whole?.length ?? taken.length * BLOCK_BYTES,
    bytes() {
      const bytes = whole ?? Buffer.concat(taken, size)
      discard()
      whole = bytes
      return bytes
    },
    discard
  }
}
