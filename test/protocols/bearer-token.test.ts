import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '../../src/errors.ts'
import { challengeFor, readAuthorization } from '../../src/protocols/bearer-token.ts'

const token = fc.stringMatching(/^[\w.~+/=-]{1,80}$/).filter((text) => !/^bearer$/i.test(text))
const space = fc.stringMatching(/^[ \t]{1,3}$/)
const padding = fc.stringMatching(/^[ \t]{0,3}$/)
const bearer = fc.mixedCase(fc.constant('bearer'))

test('a token is read with the scheme in any case, and bare', (t) => {
  fc.assert(
    fc.property(padding, bearer, space, token, padding, (before, scheme, gap, text, after) => {
      t.is(readAuthorization(before + scheme + gap + text + after), text)
      t.is(readAuthorization(before + text + after), text)
    })
  )
})

test('another scheme has no token', (t) => {
  fc.assert(
    fc.property(token, space, fc.string({ minLength: 1 }), (scheme, gap, rest) => {
      t.is(readAuthorization(`${scheme}${gap}x${rest}`), undefined)
    })
  )
})

test('a scheme alone is not a token', (t) => {
  fc.assert(
    fc.property(bearer, padding, (scheme, after) => {
      t.is(readAuthorization(scheme + after), undefined)
    })
  )
  t.is(readAuthorization(''), undefined)
  t.is(readAuthorization(' \t'), undefined)
})

test('only space and tab are blanks', (t) => {
  for (const blank of ['\u00a0', '\u0085', '\u000b', '\u000c', '\u2003', '\ufeff', '\u3000']) {
    t.is(readAuthorization(`Bearer${blank}abc`), `Bearer${blank}abc`)
    t.is(readAuthorization(`${blank}Bearer abc`), undefined)
    t.is(readAuthorization(`Bearer ${blank}abc`), `${blank}abc`)
    t.is(readAuthorization(`Bearer abc${blank}`), `abc${blank}`)
  }
})

test('any text gives a part of itself, or nothing', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      const read = readAuthorization(text)
      if (read === undefined) return
      t.true(text.includes(read))
      t.notRegex(read, /^[ \t]|[ \t]$/)
      t.not(read, '')
    })
  )
  t.pass()
})

const printable = fc.stringMatching(/^[ -~]*$/)

test('a challenge is well formed, whatever the message', (t) => {
  fc.assert(
    fc.property(printable, (message) => {
      const challenge = challengeFor(new ServiceError('invalid_token', message, { status: 401 }))
      // RFC 6750, section 3: no quote and no backslash inside.
      t.regex(challenge, /^Bearer error="invalid_token", error_description="[^"\\]*"$/)
    })
  )
})

for (const [code, expected] of [
  ['missing_token', 'Bearer'],
  ['remote_status', 'Bearer'],
  ['invalid_request', 'Bearer error="invalid_request", error_description="why"'],
  ['insufficient_scope', 'Bearer error="insufficient_scope", error_description="why"']
] as const) {
  test(`the challenge for ${code} is ${expected}`, (t) => {
    t.is(challengeFor(new ServiceError(code, 'why', { status: 401 })), expected)
  })
}
