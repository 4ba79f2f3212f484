/** Reads the bodies of replies, for every client of this folder. Calls request no content coding, but some servers and proxies compress anyway. */
import { promisify } from 'node:util'
import zlib from 'node:zlib'

/** The `Accept-Encoding` of every call: without one, any coding would be acceptable (RFC 9110, section 12.5.3). */
export const IDENTITY = 'identity'

/** The largest header of a reply: room for many cookies, and for the tickets of Kerberos. */
export const MAX_HEADER_BYTES = 64 * 1024

/** An unreadable body. The message describes the problem, and holds nothing of the body. */
export class ReplyBodyError extends Error {
  override readonly name = 'ReplyBodyError'
}

/** Values that mean no coding: words for none, and charsets, which some servers write into this field. */
const NO_CODING =
  /^"?(?:identity|none|binary|7bit|8bit|(?:charset=)?(?:utf-?8|us-ascii|ascii|iso-8859-1|latin-?1|windows-1252))?"?$/

const NONE: readonly string[] = []

/**
 * The codings of a body by its `Content-Encoding` (RFC 9110, section 8.4), in lower case and in the order in which they were applied.
 * @param field several lines are one list
 */
export function codingsOf(field: string | readonly string[] | undefined): readonly string[] {
  if (field === undefined) return NONE
  return String(field)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !NO_CODING.test(coding))
}

type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const unzip: Decode = promisify(zlib.unzip)
const inflateRaw: Decode = promisify(zlib.inflateRaw)

/** With the header of zlib as in RFC 9110 (section 8.4.1.2), or without, as many servers do. */
const inflate: Decode = (bytes, options) => {
  const hasHeader = ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE() % 31 === 0
  return (hasHeader ? unzip : inflateRaw)(bytes, options)
}

/** Of Node.js 22.15 and later. */
const { zstdDecompress } = zlib as { zstdDecompress?: typeof zlib.brotliDecompress }

const DECODERS: Readonly<Record<string, Decode | undefined>> = {
  gzip: unzip,
  'x-gzip': unzip,
  deflate: inflate,
  br: promisify(zlib.brotliDecompress),
  zstd: zstdDecompress && promisify(zstdDecompress)
}

/** An application and a proxy in front of it. */
const MOST_CODINGS = 2

/**
 * Decodes a body. A body with a Content-Encoding that is JSON already has a wrong one: it is returned unchanged.
 * @param codings from {@link codingsOf}
 * @param maxBytes the largest decoded body
 * @throws ReplyBodyError
 */
export async function decodeBody(
  body: Buffer,
  codings: readonly string[],
  maxBytes: number
): Promise<Buffer> {
  if (codings.length > MOST_CODINGS) {
    throw new ReplyBodyError(`reply has ${codings.length} content codings, expected none`)
  }
  let bytes = body
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) return bytes
    bytes = await decodeOnce(bytes, coding, maxBytes)
  }
  return bytes
}

async function decodeOnce(bytes: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
  if (decode === undefined) {
    if (isLikeJson(bytes)) return bytes
    throw new ReplyBodyError(`reply has the content coding ${nameOf(coding)}, expected none`)
  }
  try {
    return await decode(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ReplyBodyError('reply too large')
    }
    if (isLikeJson(bytes)) return bytes
    throw new ReplyBodyError(`reply has the content coding ${coding}, but cannot be decoded`)
  }
}

/** A token of RFC 9110 (section 5.6.2), and not longer than any that is registered. */
const CODING_NAME = /^[\w!#$%&'*+.^`|~-]{1,20}$/

/** The name of a coding for a message. */
function nameOf(coding: string): string {
  return CODING_NAME.test(coding) ? coding : 'of no valid name'
}

/** The first characters of JSON (RFC 8259, section 2). */
const JSON_START = /^(?:\ufeff)?[\t\n\r ]*[[{"\-\dtfn]/

function isLikeJson(bytes: Buffer): boolean {
  return JSON_START.test(bytes.toString('utf8', 0, 64))
}

/** The byte order mark of UTF-8, which a reader of JSON may ignore (RFC 8259, section 8.1), and a writer must not send. */
const MARK = [0xef, 0xbb, 0xbf] as const

/** The bytes without a byte order mark before them. */
export function withoutMark(bytes: Buffer): Buffer {
  const isMarked = bytes[0] === MARK[0] && bytes[1] === MARK[1] && bytes[2] === MARK[2]
  return isMarked ? bytes.subarray(MARK.length) : bytes
}
