import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '../../src/errors.ts'
import { parseToken } from '../../src/keys/token.ts'
import { encode, HEADER } from '../helpers/tokens.ts'

const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 })
const base64url = bytes.map((data) => encode(data))

test('a token is split into the parts that it was made of', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.json()), base64url, (claims, signature) => {
      const payload = JSON.stringify(claims)
      const raw = `${encode(HEADER)}.${encode(payload)}.${signature}`
      const token = parseToken(raw, 64)
      t.deepEqual<object, object>(token, {
        raw,
        header: { alg: 'HS256', kid: undefined, typ: 'JWT' },
        headerText: HEADER,
        payloadText: payload,
        payload: JSON.parse(payload),
        signature,
        signatureBytes: Buffer.from(signature, 'base64url')
      })
    })
  )
})

const text = fc.oneof(
  fc.string(),
  fc.array(base64url, { maxLength: 6 }).map((parts) => parts.join('.')),
  fc
    .tuple(fc.constantFrom(HEADER, '{"alg":1}', '{"alg":"HS256","kid":[]}', '[]'), fc.json(), bytes)
    .map(([header, payload, signature]) =>
      [header, payload, signature].map((part) => encode(part)).join('.')
    )
)

test('any text is either parsed or rejected, and the error does not quote it', (t) => {
  fc.assert(
    fc.property(text, (raw) => {
      try {
        t.is(parseToken(raw, 64).raw, raw)
      } catch (error) {
        t.true(error instanceof ServiceError)
        const { code, status, message } = error as ServiceError
        t.is(code, 'invalid_token')
        t.is(status, 401)
        if (raw.length > 12) t.false(message.includes(raw))
      }
    })
  )
})

test('only one spelling of a signature is accepted', (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/='
  fc.assert(
    fc.property(bytes, (signature) => {
      const canonical = encode(signature)
      const spellings = [...alphabet].flatMap((last) => [
        canonical.slice(0, -1) + last,
        canonical + last
      ])
      const same = spellings.filter((spelling) => Buffer.from(spelling, 'base64').equals(signature))
      const accepted = same.filter((spelling) => {
        try {
          parseToken(`${encode(HEADER)}.${encode('{}')}.${spelling}`, 64)
          return true
        } catch {
          return false
        }
      })
      t.deepEqual(accepted, [canonical])
    }),
    { numRuns: 50 }
  )
})

test('a duplicate name at the top level of header or claims is rejected, however it is escaped', (t) => {
  const name = fc.oneof(fc.string(), fc.constantFrom('exp', '__proto__', 'a:b', '"', '\\\\'))
  const members = fc.uniqueArray(fc.tuple(name, fc.json({ maxDepth: 2 })), {
    selector: ([one]) => one,
    maxLength: 6
  })
  const write = (pairs: readonly (readonly [string, string])[]) =>
    `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
  const read = (payload: string) => parseToken(`${encode(HEADER)}.${encode(payload)}.AAAA`, 64)
  fc.assert(
    fc.property(members, fc.nat(), (pairs, choice) => {
      const payload = write(pairs)
      t.deepEqual(Object.keys(read(payload).payload).length, pairs.length)
      t.notThrows(() => read(`{"data":[{"a":1,"a":2},${payload}]}`))
      if (pairs.length === 0) return
      const [twin = ''] = pairs[choice % pairs.length] ?? []
      const twice = write([...pairs, [twin, '1']])
      t.throws(() => read(twice), { message: 'Token payload has a name twice' })
      const escaped = [...twin].map(toEscape).join('')
      const respelled = `${payload.slice(0, -1)},"${escaped}":1}`
      t.throws(() => read(respelled), { message: 'Token payload has a name twice' })
    })
  )
})

/** Any character may be spelled by its number (RFC 8259, section 7). */
function toEscape(char: string): string {
  return Array.from({ length: char.length }, (_, index) => {
    return `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

test('a token may be as long as the limit, and not a character longer', (t) => {
  const raw = `${encode(HEADER)}.${encode('{}')}.AAAA`
  t.is(parseToken(raw, 64, raw.length).raw, raw)
  t.throws(() => parseToken(raw, 64, raw.length - 1), { message: 'Token is too large' })
})

test('each header is checked by itself, whatever the token before it was', (t) => {
  const deep = encode('{"alg":"HS256","x":{"y":{}}}')
  const unsigned = encode('{"alg":"none"}')
  const parse = (header: string, payload: string, maxDepth: number) => () =>
    parseToken(`${header}.${encode(payload)}.AAAA`, maxDepth)
  for (let times = 0; times < 2; times++) {
    t.is<string, string>(parse(deep, '{}', 3)().headerText, '{"alg":"HS256","x":{"y":{}}}')
    t.throws(parse(deep, '{}', 2), {
      message: 'Token header is not JSON: nested deeper than 2 levels'
    })
    t.throws(parse(unsigned, '{}', 3), { message: 'Token is not signed' })
    t.throws(parse(unsigned, '[]', 3), { message: 'Token payload is not a JSON object' })
    t.throws(parse('e30=', '{}', 3), { message: 'Token header is not canonical base64url' })
    t.is<string, string>(parse(encode(HEADER), '{}', 3)().headerText, HEADER)
  }
})
