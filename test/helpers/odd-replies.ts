/** Replies that are unusual HTTP, or none by the letter: every client of the service reads them. */

import { gzipSync } from 'node:zlib'

/** JSON that is not ASCII. */
export const ODD_BODY = '{"id":"\u00eb"}'

const utf16 = Buffer.from(ODD_BODY, 'utf16le')
const latin1 = Buffer.from(ODD_BODY, 'latin1')
const MARK = Buffer.from([0xff, 0xfe])

/** The same JSON in other bytes than UTF-8, each with a description and the header fields beside it. */
export const ODD_BODIES: readonly (readonly [
  what: string,
  labels: Record<string, string>,
  body: Buffer
])[] = [
  ['in UTF-16, little-endian', typed('; charset=utf-16'), Buffer.concat([MARK, utf16])],
  ['in UTF-16, big-endian', typed(''), Buffer.concat([MARK, utf16]).swap16()],
  ['in UTF-16 without a mark', typed('; charset=UTF-16LE'), utf16],
  ['in UTF-16, big-endian, without a mark', typed(''), Buffer.from(utf16).swap16()],
  ['in UTF-16 with a wrong label', typed('; charset=utf-8'), Buffer.concat([MARK, utf16])],
  ['in Latin-1', typed('; charset=ISO-8859-1'), latin1],
  ['in Windows-1252', typed(';Charset = "windows-1252"; a=b'), latin1],
  ['in UTF-8 with the label of Latin-1', typed('; charset=ISO-8859-1'), Buffer.from(ODD_BODY)],
  ['in gzip without a label', typed(''), gzipSync(ODD_BODY)],
  ['in gzip with a wrong label', { 'content-encoding': 'utf-8' }, gzipSync(ODD_BODY)],
  [
    'in Latin-1 in gzip',
    { ...typed('; charset=latin1'), 'content-encoding': 'gzip' },
    gzipSync(latin1)
  ]
]

function typed(charset: string): Record<string, string> {
  return { 'content-type': `application/json${charset}` }
}

/** Replies with the status 200 and this body of ASCII, each with a description. They may be followed by the end of the connection. */
export function oddReplies(body: string): readonly (readonly [what: string, reply: string])[] {
  const length = `Content-Length: ${body.length}`
  const good = `HTTP/1.1 200 OK\r\n${length}\r\n\r\n${body}`
  const size = body.length.toString(16)
  return [
    ['after a 103', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${good}`],
    ['after an unsolicited 100', `HTTP/1.1 100 Continue\r\n\r\n${good}`],
    ['after a 100 without a reason', `HTTP/1.1 100 \r\nDate: now\r\n\r\n${good}`],
    ['after a 100 that closes', `HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n${good}`],
    ['after a 100 of HTTP/1.0', `HTTP/1.0 100 Continue\r\n\r\n${good}`],
    [
      'after several informational ones',
      `${[100, 103, 100, 199].map((status) => `HTTP/1.1 ${status} X\r\n\r\n`).join('')}${good}`
    ],
    ['after several 102', `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(9)}${good}`],
    ['in chunks', chunked([...body].map((byte) => `1\r\n${byte}\r\n`).join(''), '0\r\n\r\n')],
    ['with trailers', chunked(`${size}\r\n${body}\r\n`, '0\r\nA: b\r\n\r\n')],
    ['up to the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${body}`],
    ['with a field on two lines', `HTTP/1.1 200 OK\r\nA: b,\r\n c\r\n${length}\r\n\r\n${body}`],
    ['with a control character', `HTTP/1.1 200 OK\r\nA: b\x01c\r\n${length}\r\n\r\n${body}`],
    [
      'with a length beside its chunks',
      chunked(`${size}\r\n${body}\r\n`, '0\r\n\r\n', `${length}\r\n`)
    ],
    ['with spaces after the sizes of chunks', chunked(`${size}   \r\n${body}\r\n`, '0   \r\n\r\n')],
    [
      'with a space before the extension of a chunk',
      chunked(`${size} ;a=b\r\n${body}\r\n`, '0 ;c\r\n\r\n')
    ],
    [
      'with a header of 60 KB',
      `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(60_000)}\r\n${length}\r\n\r\n${body}`
    ],
    ['without a space after its status', `HTTP/1.1 200\r\n${length}\r\n\r\n${body}`],
    ['with a reason in Latin-1', `HTTP/1.1 200 D\xe9j\xe0\r\n${length}\r\n\r\n${body}`],
    ['of HTTP/1.0', `HTTP/1.0 200 OK\r\n\r\n${body}`],
    ['without a reason phrase', `HTTP/1.1 200 \r\n${length}\r\n\r\n${body}`]
  ]
}

function chunked(chunks: string, end: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: Chunked\r\n\r\n${chunks}${end}`
}

/** Replies that no client of the service accepts. */
export const BAD_REPLIES: readonly (readonly [what: string, reply: string])[] = [
  ['a field that ends with LF alone', 'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\n{}'],
  [
    'a length that differs from its chunks',
    chunked('2\r\n{}\r\n', '0\r\n\r\n', 'Content-Length: 3\r\n')
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
  ['an invalid field', 'HTTP/1.1 200 OK\r\nA B: c\r\nContent-Length: 2\r\n\r\n{}']
]
