import test, { type ExecutionContext } from 'ava'
import { IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../src/issue/claims.ts'
import { problemsOf } from '../helpers/config.ts'
import { post } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { readToken } from '../helpers/tokens.ts'

const START_SECONDS = 1_893_456_000
const REMOTE = { from: 'remote', url: 'http://a' }

/** Sources that set a claim, each in its own way. */
const attempts: [kind: string, source: (claim: string) => object, mayNameIdentity: boolean][] = [
  ['fixed', (claim) => ({ from: 'fixed', set: { [claim]: 1 } }), true],
  ['request', (claim) => ({ from: 'request', claim, header: 'x-claim' }), false],
  ['remote at', (at) => ({ ...REMOTE, at }), false],
  ['certificate', (claim) => ({ from: 'certificate', claim }), false],
  ['remote pick', (claim) => ({ ...REMOTE, pick: { [claim]: 'a' } }), true]
]

function configWith(source: object): object {
  return {
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ issue: '/issue', claims: [source], jti: true, notBefore: '0s' }]
  }
}

const env = { ENC_KEY: 'a secret of thirty-two characters or more' }

for (const [kind, source, mayNameIdentity] of attempts) {
  for (const claim of RESERVED_CLAIMS) {
    test(`a configuration where ${kind} sets ${claim} does not start`, (t) => {
      const problems = problemsOf(t, configWith(source(claim)), { env })
      const expected = 'this claim is set by the service itself, expected another name'
      t.true(problems.some((problem) => problem.endsWith(`: ${expected}`)))
    })
  }
  for (const claim of IDENTITY_CLAIMS) {
    test(`${kind} ${mayNameIdentity ? 'may' : 'cannot'} set ${claim}`, async (t) => {
      const config = configWith(source(claim))
      if (mayNameIdentity) {
        await t.notThrowsAsync(startService(t, { config: JSON.stringify(config) }))
      } else {
        const problems = problemsOf(t, config, { env })
        const expected = 'only `fixed` and `pick` set this claim, expected another name'
        t.true(problems.some((problem) => problem.endsWith(`: ${expected}`)))
      }
    })
  }
}

/** The claims of a token for this reply of the remote. */
async function claimsFrom(t: ExecutionContext, reply: string, more: object = {}): Promise<unknown> {
  const remote = await startRemote(t, replying(reply))
  const config = JSON.stringify(configWith({ ...REMOTE, url: remote.url, ...more }))
  const { url } = await startService(t, { config, now: () => START_SECONDS * 1000 })
  const { text } = await post(`${url}/issue`, '{}')
  return JSON.parse(readToken(JSON.parse(text).token).payload)
}

test('a merged reply sets no reserved claim', async (t) => {
  const names = [...RESERVED_CLAIMS, ...IDENTITY_CLAIMS]
  const escaped = names.map((name) => `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":9`)
  for (const reply of [
    JSON.stringify(Object.fromEntries([...names, 'a'].map((name) => [name, 'evil']))),
    `{${escaped.join(',')},"a":"evil"}`
  ]) {
    const { jti, ...claims } = (await claimsFrom(t, reply)) as { jti: string }
    t.regex(jti, /^[\w-]{22}$/)
    t.deepEqual(claims as object, {
      a: 'evil',
      iat: START_SECONDS,
      nbf: START_SECONDS,
      exp: START_SECONDS + 3600
    })
  }
})

test('a reply under its own claim may have any members', async (t) => {
  const reply = '{"exp":1,"sub":"x","txtoken_use":"service-bearer"}'
  t.like(await claimsFrom(t, reply, { at: 'data' }), {
    data: JSON.parse(reply),
    exp: START_SECONDS + 3600
  })
})

test('claims of identity may be picked from a reply', async (t) => {
  const picked = await claimsFrom(t, '{"id":7,"iss":"other","for":["a","b"]}', {
    pick: { sub: 'id', iss: 'iss', aud: 'for' }
  })
  t.like(picked, { sub: '7', iss: 'other', aud: ['a', 'b'] })
})
