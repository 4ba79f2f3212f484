import test from 'ava'
import fc from 'fast-check'
import { parseUrlTemplate } from '../../src/settings/url-template.ts'

const BOTH = 'https://example.com/v1/claims/{mac}/all?partner={pid}&kind=full'

const reject = (name: string) => new RangeError(name)

/** Fills a template whose variables all have this value. */
function fillWith(url: string, value: string): string {
  return parseUrlTemplate(url).fill(() => value, reject)
}

test('segments and values of the query may be variables, anything else stays unchanged', (t) => {
  const template = parseUrlTemplate(BOTH)
  t.deepEqual(template.names, ['mac', 'pid'])
  const values: Record<string, string> = { mac: 'mac:1122', pid: 'a&b=c d' }
  t.is(
    template.fill((name) => values[name] ?? '', reject),
    '/v1/claims/mac%3A1122/all?partner=a%26b%3Dc%20d&kind=full'
  )
  const fixed = parseUrlTemplate('http://example.com/a%2Fb/é/%7Bc%7D?x=%7e')
  t.deepEqual(fixed.names, [])
  t.is(
    fixed.fill(() => 'x', reject),
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
  ['x/../admin', undefined],
  ['x\\..\\admin', undefined],
  ['x/..', undefined],
  ['x/..;y/admin', undefined],
  ['x/ .. /admin', undefined],
  ['admin/', undefined],
  ['/admin', undefined],
  ['a//b', undefined],
  ['a\\', undefined],
  [' ', undefined],
  [';a', undefined],
  ['admin;x=1', undefined],
  ['admin;', undefined],
  ['admin%3bx', undefined],
  ['admin%253Bx', undefined],
  ['admin\uff1bx', undefined],
  ['%2e', undefined],
  ['%2e%2E', undefined],
  ['%252e%252e', undefined],
  ['..%2fadmin', undefined],
  ['x%2F..%2Fadmin', undefined],
  ['x%252f%2e.%5cadmin', undefined],
  ['admin%2f', undefined],
  ['\uff0e\uff0e', undefined],
  ['x\uff0f\u2025\uff0fadmin', undefined],
  ['a\r\nHost: b', undefined],
  ['admin\0x', undefined],
  ['\0', undefined],
  ['admin%00', undefined],
  ['admin%2500x', undefined],
  ['admin%0d%0aHost: b', undefined],
  ['%7f', undefined],
  ['%20', undefined],
  ['x/%20../admin', undefined],
  ['a\ud800', undefined],
  ['...', '...'],
  ['.a', '.a'],
  ['a/b', 'a%2Fb'],
  ['a\\b', 'a%5Cb'],
  ['a%2fb', 'a%252fb'],
  ['100%', '100%25'],
  ['a?b=c', 'a%3Fb%3Dc'],
  ['a#b', 'a%23b'],
  ['a b', 'a%20b'],
  ['{mac}', '%7Bmac%7D'],
  ['é😀', '%C3%A9%F0%9F%98%80']
]

for (const [value, segment] of values) {
  const name = JSON.stringify(value)
  test(`in a path ${name} ${segment === undefined ? 'is rejected' : `is ${segment}`}`, (t) => {
    const fill = () => fillWith('https://example.com/claims/{mac}/all', value)
    if (segment === undefined) {
      t.throws(fill, { instanceOf: RangeError, message: 'mac' })
    } else {
      t.is(fill(), `/claims/${segment}/all`)
    }
  })
}

test('a value of the query may be any text', (t) => {
  t.is(
    fillWith('https://example.com/?a={a}&b=c', '../;&b=d#\0%00'),
    '/?a=..%2F%3B%26b%3Dd%23%00%2500&b=c'
  )
  t.is(fillWith('https://example.com/?a={a}', ''), '/?a=')
  t.throws(() => fillWith('https://example.com/?a={a}', '\udfff'), { instanceOf: RangeError })
})

test('no value leaves its place, however often it is decoded once', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('.', '/', '\\', ';', '%', '2', 'f', 'e', '?', '#', '&', '=', 'a')
    })
  )
  fc.assert(
    fc.property(text, text, (mac, pid) => {
      let filled: string
      try {
        filled = parseUrlTemplate(BOTH).fill((name) => (name === 'mac' ? mac : pid), reject)
      } catch (error) {
        return error instanceof RangeError
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
  test(`${url} is not a template`, (t) => {
    t.throws(() => parseUrlTemplate(url), { instanceOf: TypeError })
  })
}

test('a variable may be a part of a claim, which cannot leave its place either', (t) => {
  const url = 'https://example.com/users/{sub|before:@}?of={sub|after:@}'
  t.is(fillWith(url, 'a d@b&c'), '/users/a%20d?of=b%26c')
  for (const value of ['ada', '..@b', 'x/../y@b', '@b', 'a@b@c']) {
    t.throws(() => fillWith(url, value), { instanceOf: RangeError, message: 'sub' }, value)
  }
})
