import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '../../../../src/errors.ts'
import { parseUrlTemplate } from '../../../../src/issue/sources/remote/url-template.ts'

const BOTH = 'https://example.com/v1/claims/{mac}/all?partner={pid}&kind=full'

/** Fills a template whose variables all have this value. */
function fillWith(url: string, value: string): string {
  return parseUrlTemplate(url).fill(() => value)
}

test('segments and values of the query are variables, anything else stays as it is', (t) => {
  const template = parseUrlTemplate(BOTH)
  t.deepEqual(template.names, ['mac', 'pid'])
  const values: Record<string, string> = { mac: 'mac:1122', pid: 'a&b=c d' }
  t.is(
    template.fill((name) => values[name] ?? ''),
    '/v1/claims/mac%3A1122/all?partner=a%26b%3Dc%20d&kind=full'
  )
  const fixed = parseUrlTemplate('http://example.com/a%2Fb/é/%7Bc%7D?x=%7e')
  t.deepEqual(fixed.names, [])
  t.is(
    fixed.fill(() => 'x'),
    '/a%2Fb/%C3%A9/%7Bc%7D?x=%7e'
  )
  t.is(fillWith('https://example.com/{a}', 'x'), '/x')
  t.is(fillWith('https://example.com?a={a}', 'x'), '/?a=x')
  t.is(fillWith('https://example.com/{a}/{b_2}?{c}=d'.replace('{c}', 'c'), 'x'), '/x/x?c=d')
})

const values: [value: string, segment: string | undefined][] = [
  ['', undefined],
  ['.', undefined],
  ['..', undefined],
  ['../admin', undefined],
  ['a/../admin', undefined],
  ['a/..', undefined],
  ['a/./b', undefined],
  ['..\\admin', undefined],
  ['a\ud800', undefined],
  ['...', '...'],
  ['.a', '.a'],
  ['a/b', 'a%2Fb'],
  ['%2f', '%252f'],
  ['%2e%2e', '%252e%252e'],
  ['..%2fadmin', '..%252fadmin'],
  ['a\\b', 'a%5Cb'],
  ['a?b=c', 'a%3Fb%3Dc'],
  ['a#b', 'a%23b'],
  ['a;b', 'a%3Bb'],
  ['a b', 'a%20b'],
  ['a\r\nHost: b', 'a%0D%0AHost%3A%20b'],
  ['\0', '%00'],
  ['{mac}', '%7Bmac%7D'],
  ['é😀', '%C3%A9%F0%9F%98%80']
]

for (const [value, segment] of values) {
  const name = JSON.stringify(value)
  test(`in a path ${name} ${segment === undefined ? 'is refused' : `is ${segment}`}`, (t) => {
    const fill = () => fillWith('https://example.com/claims/{mac}/all', value)
    if (segment === undefined) {
      const error = t.throws(fill, { instanceOf: ServiceError })
      t.like(error, {
        status: 400,
        code: 'invalid_request',
        message: 'mac cannot be part of a URL'
      })
    } else {
      t.is(fill(), `/claims/${segment}/all`)
    }
  })
}

test('a value of the query may be anything that is text', (t) => {
  t.is(fillWith('https://example.com/?a={a}&b=c', '../&b=d#'), '/?a=..%2F%26b%3Dd%23&b=c')
  t.is(fillWith('https://example.com/?a={a}', ''), '/?a=')
  t.throws(() => fillWith('https://example.com/?a={a}', '\udfff'), { instanceOf: ServiceError })
})

test('no value leaves its place, however often it is decoded once', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('.', '/', '\\', '%', '2', 'f', 'e', '?', '#', '&', '=', 'a')
    })
  )
  fc.assert(
    fc.property(text, text, (mac, pid) => {
      let filled: string
      try {
        filled = parseUrlTemplate(BOTH).fill((name) => (name === 'mac' ? mac : pid))
      } catch (error) {
        return error instanceof ServiceError && error.status === 400
      }
      const { origin, pathname, searchParams, hash } = new URL(filled, BOTH)
      const decoded = new URL(`https://example.com${pathname.replaceAll(/%2f|%5c/gi, '/')}`)
      return (
        origin === 'https://example.com' &&
        hash === '' &&
        pathname.split('/').map(decodeURIComponent).join('\n') ===
          ['', 'v1', 'claims', mac, 'all'].join('\n') &&
        [...searchParams].join('\n') ===
          [
            ['partner', pid],
            ['kind', 'full']
          ].join('\n') &&
        decoded.pathname.startsWith('/v1/claims/') &&
        decoded.pathname.endsWith('/all')
      )
    }),
    { numRuns: 2000 }
  )
  t.pass()
})

for (const url of [
  'https://{host}/',
  'https://example.com:{port}/',
  'https://example.com/a{b}',
  'https://example.com/{a}.json',
  'https://example.com/{a}/../b',
  'https://example.com/{a}{b}',
  'https://example.com/{a',
  'https://example.com/a}',
  'https://example.com/{}',
  'https://example.com/{a-b}',
  'https://example.com/?{a}=b',
  'https://example.com/?a=b{c}',
  'https://example.com/?a={b}c',
  'https://example.com/?{a}'
]) {
  test(`${url} is no template`, (t) => {
    t.throws(() => parseUrlTemplate(url), { instanceOf: TypeError })
  })
}
