/**
 * Reads the bodies of replies, for every client of this folder. Calls request no content coding, but some servers and proxies compress anyway;
 * JSON is in UTF-8 (RFC 8259, section 8.1), but some servers write another charset.
 */
import { isUtf8 } from 'node:buffer'
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
const GZIP: readonly string[] = ['gzip']

/** The header fields that label a body. Several lines are one list. */
export interface BodyLabels {
  readonly 'content-encoding'?: string | readonly string[] | undefined
  readonly 'content-type'?: string | readonly string[] | undefined
}

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

/** Whether a body has content codings, by its label or its first bytes. */
export function isCoded(body: Buffer, labels: BodyLabels): boolean {
  return isGzip(body) || codingsOf(labels['content-encoding']).length > 0
}

/** How gzip begins (RFC 1952, section 2.3.1), and JSON in no charset: some servers store a body compressed, and forget the label. */
function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b
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
 * Decodes a body to UTF-8. A body with a Content-Encoding that is JSON already has a wrong one: it is returned unchanged.
 * @param maxBytes the largest body after its codings
 * @throws ReplyBodyError
 */
export async function decodeBody(
  body: Buffer,
  labels: BodyLabels,
  maxBytes: number
): Promise<Buffer> {
  const labelled = codingsOf(labels['content-encoding'])
  const codings = labelled.length === 0 && isGzip(body) ? GZIP : labelled
  if (codings.length > MOST_CODINGS) {
    throw new ReplyBodyError(`reply has ${codings.length} content codings, expected none`)
  }
  let bytes = body
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) return bytes
    bytes = await decodeOnce(bytes, coding, maxBytes)
  }
  return toUtf8(bytes, labels)
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

/** A charset other than UTF-8 in a content type (RFC 9110, section 8.3.2). */
const OTHER_CHARSET = /;\s*charset\s*=\s*"?(?!utf-?8\b)([^\s;,"]+)/i

/** The charset of a body by its first bytes or its label; undefined for UTF-8. A body that is UTF-8 is not read by another label. */
function charsetOf(body: Buffer, { 'content-type': type }: BodyLabels): string | undefined {
  const [first, second] = [body[0], body[1]]
  // By the mark, or by the zero byte of the ASCII that JSON begins with (RFC 4627, section 3).
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || first === 0) return 'utf-16be'
  const label = type === undefined ? undefined : OTHER_CHARSET.exec(String(type))?.[1]
  return label === undefined || isUtf8(body) ? undefined : label
}

/** An uncoded body in UTF-8, at most three times as long, without a byte order mark. Bytes that are not in their charset stay as they are. */
export function toUtf8(body: Buffer, labels: BodyLabels): Buffer {
  const charset = charsetOf(body, labels)
  if (charset === undefined) return withoutMark(body)
  try {
    return Buffer.from(new TextDecoder(charset, { fatal: true }).decode(body))
  } catch {
    // Also for a charset that is not known: without all of ICU, Node.js has only a few.
    return body
  }
}

function withoutMark(bytes: Buffer): Buffer {
  const isMarked = bytes[0] === MARK[0] && bytes[1] === MARK[1] && bytes[2] === MARK[2]
  return isMarked ? bytes.subarray(MARK.length) : bytes
}
