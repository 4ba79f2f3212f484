/** The client and the service side by side: whatever a token looks like, both decide alike. */
import { createPublicKey, sign } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { createTokenChecker, type TokenChecker, TokenError } from '../../src/client/client.ts'
import { readPage } from '../helpers/documentation.ts'
import { send } from '../helpers/http.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, encode, signParts } from '../helpers/tokens.ts'

const SECONDS = 1_900_000_000
const now = () => SECONDS * 1000
const pair = generateKeys('ES256')
const other = generateKeys('ES256')
const publicPem = toPem(createPublicKey(toPem(pair.signing)))
const publicJwk = JSON.stringify(toJwk(pair.verifying))

const CLAIMS = `{"sub":"ada","exp":${SECONDS + 60}}`
/** Claims of a token that has not expired. */
const lasting = (members: string): string => `{"exp":${SECONDS + 60},${members}}`
const ANY_HEADER = '"typ":"JWT"'

/** Header and payload as texts, or as bytes. A header has `ALG` in place of the algorithm of the key. */
type Parts = readonly [header: string, payload: string | Uint8Array]

/** How tokens are signed with one of the keys. */
interface Signing {
  readonly alg: string
  readonly sign: (input: string) => string
}

const signings: Readonly<Record<'secret' | 'jwksUrl', Signing>> = {
  secret: { alg: 'HS256', sign: (input) => signParts(input) },
  jwksUrl: { alg: 'ES256', sign: (input) => signWith(pair.signing, input) }
}

function signWith(
  key: typeof pair.signing,
  input: string,
  dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363'
): string {
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding })
  return `${input}.${signature.toString('base64url')}`
}

const header = (members: string): string => `{"alg":"ALG",${members}}`
const nested = (levels: number) => `"a":${'['.repeat(levels)}${']'.repeat(levels)}`

/** Tokens with a valid signature, whatever else they are. */
const parts: Readonly<Record<string, Parts>> = {
  'nothing wrong': [header(ANY_HEADER), CLAIMS],
  'no exp': [header(ANY_HEADER), '{"sub":"ada"}'],
  'an exp that is now': [header(ANY_HEADER), `{"exp":${SECONDS}}`],
  'an exp in a moment': [header(ANY_HEADER), `{"exp":${SECONDS}.001}`],
  'an exp in the past': [header(ANY_HEADER), '{"exp":1}'],
  'an exp below zero': [header(ANY_HEADER), '{"exp":-1}'],
  'an exp that is text': [header(ANY_HEADER), `{"exp":"${SECONDS + 60}"}`],
  'an exp that is null': [header(ANY_HEADER), '{"exp":null}'],
  'an exp beyond all numbers': [header(ANY_HEADER), '{"exp":1e400}'],
  'an nbf that is now': [header(ANY_HEADER), lasting(`"nbf":${SECONDS}`)],
  'an nbf to come': [header(ANY_HEADER), lasting(`"nbf":${SECONDS + 1}`)],
  'an nbf that is a list': [header(ANY_HEADER), lasting('"nbf":[1]')],
  'issued in two minutes': [header(ANY_HEADER), lasting(`"iat":${SECONDS + 120}`)],
  'issued within a minute': [header(ANY_HEADER), lasting(`"iat":${SECONDS + 50}.9`)],
  'issued at a text': [header(ANY_HEADER), lasting('"iat":"now"')],
  'the mark of a service bearer': [header(ANY_HEADER), lasting('"txtoken_use":"service-bearer"')],
  'a claim twice': [header(ANY_HEADER), `{"exp":1,"exp":${SECONDS + 60}}`],
  'a claim twice, spelled in two ways': [
    header(ANY_HEADER),
    `{"\\u0065xp":${SECONDS + 60},"exp":1}`
  ],
  'a claim twice, further down': [header(ANY_HEADER), lasting('"a":{"b":1,"b":2}')],
  'a claim __proto__': [header(ANY_HEADER), lasting('"__proto__":{"exp":1}')],
  'a member of the header twice': [header('"kid":"x","kid":"one"'), CLAIMS],
  'the algorithm twice': ['{"alg":"none","alg":"ALG"}', CLAIMS],
  'no header': ['', CLAIMS],
  'a header that is a list': ['["ALG"]', CLAIMS],
  'no claims': [header(ANY_HEADER), '{}'],
  'no payload': [header(ANY_HEADER), ''],
  'a payload that is a list': [header(ANY_HEADER), '[]'],
  'a payload that is null': [header(ANY_HEADER), 'null'],
  'a payload that is text': [header(ANY_HEADER), '"ada"'],
  'a payload with a byte order mark': [header(ANY_HEADER), `\ufeff${CLAIMS}`],
  'a payload with more behind it': [header(ANY_HEADER), `${CLAIMS} x`],
  'a payload with spaces around it': [header(ANY_HEADER), ` ${CLAIMS}\n`],
  'a payload that is not UTF-8': [header(ANY_HEADER), Buffer.from('{"sub":"\xff"}', 'latin1')],
  'half of a character': [header(ANY_HEADER), lasting('"sub":"\\ud800"')],
  'a payload as deep as allowed': [header(ANY_HEADER), lasting(nested(63))],
  'a payload too deep': [header(ANY_HEADER), lasting(nested(64))],
  'no algorithm': ['{"typ":"JWT"}', CLAIMS],
  'an algorithm that is a number': ['{"alg":256}', CLAIMS],
  'an algorithm that is empty': ['{"alg":""}', CLAIMS],
  'the algorithm none': ['{"alg":"none"}', CLAIMS],
  'the algorithm nOnE': ['{"alg":"nOnE"}', CLAIMS],
  'the algorithm in lower case': ['{"alg":"hs256"}', CLAIMS],
  'another algorithm of the same family': ['{"alg":"HS512"}', CLAIMS],
  'an algorithm of another family': ['{"alg":"RS256"}', CLAIMS],
  'a crit': [header('"crit":["exp"],"exp":1'), CLAIMS],
  'a crit that is empty': [header('"crit":[]'), CLAIMS],
  'a crit that is null': [header('"crit":null'), CLAIMS],
  'an unencoded payload': [header('"b64":false,"crit":["b64"]'), CLAIMS],
  'b64 without crit': [header('"b64":true'), CLAIMS],
  'another kid': [header('"kid":"two"'), CLAIMS],
  'a kid that is a number': [header('"kid":1'), CLAIMS],
  'a kid that is null': [header('"kid":null'), CLAIMS],
  'a kid that is a path': [header('"kid":"../../dev/null"'), CLAIMS],
  'a typ that is a number': [header('"typ":1'), CLAIMS],
  'another typ': [header('"typ":"at+jwt"'), CLAIMS],
  'a jku': [header('"jku":"http://127.0.0.1:1/"'), CLAIMS],
  'a jwk': [header(`"jwk":${publicJwk}`), CLAIMS],
  'an x5c': [header('"x5c":["MIIB"]'), CLAIMS],
  'an x5u': [header('"x5u":"http://127.0.0.1:1/"'), CLAIMS],
  'an unknown member': [header('"foo":{"bar":1}'), CLAIMS]
}

/** Other spellings of tokens, and invalid signatures. */
function spell({ alg, sign }: Signing): Record<string, string> {
  const start = encode(`{"alg":"${alg}"}`)
  const input = `${start}.${encode(CLAIMS)}`
  const good = sign(input)
  const signature = good.slice(good.lastIndexOf('.') + 1)
  const bytes = Buffer.from(signature, 'base64url')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(signature.at(-1) ?? '') + 1]
  return {
    'not signed': `${input}.`,
    'two parts': input,
    'four parts': `${good}.x`,
    'five parts': `${good}.x.y`,
    'no parts': 'token',
    'a signature of zeros': `${input}.${Buffer.alloc(bytes.length).toString('base64url')}`,
    'a signature with its last bits set': `${input}.${signature.slice(0, -1)}${last}`,
    'a signature with padding': `${good}==`,
    'a signature in plain base64': `${input}.${bytes.toString('base64').replaceAll('=', '')}`,
    'a signature that is shorter': `${input}.${bytes.subarray(1).toString('base64url')}`,
    'a signature that is longer': `${input}.${Buffer.concat([bytes, bytes]).toString('base64url')}`,
    'a payload with padding': sign(`${start}.${encode('{"a":1}')}=`),
    'a space in the payload': sign(`${start}.${encode(CLAIMS).replace('J', ' J')}`),
    'a payload of another token': `${start}.${encode('{"sub":"eve"}')}.${signature}`,
    'the secret is the public key': signParts(
      input.replace(start, encode('{"alg":"HS256"}')),
      publicPem
    ),
    'the secret is the public JWK': signParts(
      input.replace(start, encode('{"alg":"HS256"}')),
      publicJwk
    ),
    'the secret is empty': signParts(input, ''),
    'another key': signWith(other.signing, input),
    'another key, in the header': signWith(
      other.signing,
      `${encode(`{"alg":"ES256","jwk":${JSON.stringify(toJwk(other.verifying))}}`)}.${encode(CLAIMS)}`
    ),
    'a signature in DER': signWith(pair.signing, input, 'der')
  }
}

async function start(t: ExecutionContext, name: keyof typeof signings) {
  const key = { secret: { secret: ENC_KEY }, jwksUrl: { kid: 'one', private: toPem(pair.signing) } }
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: signings[name].alg, ...key[name] }],
      routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
    }),
    now
  })
  const checkers = {
    secret: createTokenChecker({ secret: ENC_KEY, now }),
    jwksUrl: createTokenChecker({ jwksUrl: `${url}/.well-known/jwks.json`, allowHttp: true, now }),
    endpoint: createTokenChecker({ endpoint: `${url}/check`, allowHttp: true, now })
  }
  for (const { close } of Object.values(checkers)) t.teardown(close)

  /** The answer of the service: the claims, or status and message. */
  async function ask(token: string): Promise<unknown> {
    const body = JSON.stringify({ token })
    const { status, text } = await send(`${url}/check`, { method: 'POST', body })
    const answer = JSON.parse(text)
    return status === 200 ? answer.Claims : [status, answer.error]
  }
  return { checkers, ask }
}

/** All reasons that clients reported. */
const reasons = new Set<string>()

async function judge({ check }: TokenChecker, token: string): Promise<unknown> {
  try {
    return await check(token)
  } catch (error) {
    if (!(error instanceof TokenError)) return error
    reasons.add(error.reason)
    return [error.status, error.message]
  }
}

for (const name of ['secret', 'jwksUrl'] as const) {
  test.serial(`${name}: the client and the service decide alike on each token`, async (t) => {
    const { checkers, ask } = await start(t, name)
    const { alg, sign } = signings[name]
    const tokens = {
      ...Object.fromEntries(
        Object.entries(parts).map(([what, [head, payload]]) => [
          what,
          sign(`${encode(head.replaceAll('ALG', alg))}.${encode(payload)}`)
        ])
      ),
      ...spell(signings[name])
    }
    for (const [what, token] of Object.entries(tokens)) {
      const decision = await ask(token)
      t.deepEqual(await judge(checkers[name], token), decision, what)
      const byEndpoint = await judge(checkers.endpoint, token)
      if (Array.isArray(decision)) t.is((byEndpoint as unknown[])[0], decision[0], what)
      else t.deepEqual(byEndpoint, decision, what)
    }
  })
}

test.serial('the page on the client has each reason that the client reported', (t) => {
  t.true(reasons.size > 10)
  const page = readPage('docs/client.md')
  for (const reason of reasons) t.true(page.includes(`\`${reason}\``), reason)
})
