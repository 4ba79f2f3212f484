import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'

function issuing(cookie: unknown) {
  return {
    keys: [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }],
    routes: [
      {
        issue: '/token',
        claims: [{ from: 'remote', url: 'http://example.com', at: 'data' }],
        cookie
      }
    ]
  }
}

test('a name is enough, and the other attributes default to the safest', (t) => {
  const [route] = parse(issuing({ name: '__Host-token' })).routes
  t.like(route, { cookie: { name: '__Host-token', sameSite: 'Strict', path: '/' } })
})

test('a name without the prefix may have a path and a domain', (t) => {
  const cookie = { name: '__Secure-token', sameSite: 'None', path: '/a', domain: 'api.example.com' }
  t.like(parse(issuing(cookie)).routes[0], { cookie })
})

const NAME = "expected the name of a cookie: letters, digits and !#$%&'*+-.^_`|~ only"
const DOMAIN = 'expected a domain such as example.com'
const rejected: [object, string][] = [
  [{}, `name: ${NAME}, found nothing`],
  [{ name: '' }, `name: ${NAME}`],
  [{ name: 'a=b' }, `name: ${NAME}`],
  [{ name: 'a;b' }, `name: ${NAME}`],
  [{ name: 'tökén' }, `name: ${NAME}`],
  [{ name: '__Host-a', path: '/a' }, 'path: expected / for a name with the prefix __Host-'],
  [{ name: '__HOST-a', path: '/a' }, 'path: expected / for a name with the prefix __Host-'],
  [
    { name: '__Host-a', domain: 'example.com' },
    'domain: expected none for a name with the prefix __Host-'
  ],
  [
    { name: 'a', sameSite: 'strict' },
    'sameSite: expected Strict, Lax or None; did you mean Strict?'
  ],
  [{ name: 'a', domain: '.example.com' }, `domain: ${DOMAIN}`],
  [{ name: 'a', domain: 'example.com; Path=/' }, `domain: ${DOMAIN}`],
  [{ name: 'a', domain: 'https://example.com' }, `domain: ${DOMAIN}`],
  [
    { name: 'a', path: '/a; Domain=b' },
    'path: expected a path that starts with a slash and has letters, digits and . _ ~ - only'
  ],
  [
    { name: 'a', secure: false },
    'secure: unknown key, expected one of name, sameSite, path, domain'
  ]
]

for (const [cookie, problem] of rejected) {
  test(`the cookie ${JSON.stringify(cookie)} is rejected`, (t) => {
    t.deepEqual(problemsOf(t, issuing(cookie)), [`routes[0].cookie.${problem}`])
  })
}
