/** Compares the document of each example with its answers to requests of all kinds. */
import test, { type ExecutionContext } from 'ava'
import { createExampleEnvironment, readExamples } from '../../helpers/examples.ts'
import { type Answer, send } from '../../helpers/http.ts'
import {
  type AssertDescribed,
  assertDocument,
  createAssertDescribed,
  type OpenApiDocument
} from '../../helpers/openapi.ts'
import { type SeenRequest, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken } from '../../helpers/tokens.ts'

const EXPIRY = 4_102_444_800
const JWK_SET = {
  keys: [{ kty: 'oct', kid: 'sim2', alg: 'HS256', use: 'sig', k: 'c'.repeat(43) }]
}
const IDENTITY = { sub: 'ada', groups: ['staff'], exp: EXPIRY }
const RECIPE = { algorithm: 'RS256', payload: {}, jwksDomain: 'https://a.example', validity: 60 }

interface Asked {
  readonly headers: Record<string, string>
  /** Sent by POST alone. */
  readonly body: string
}

/** All remotes of the examples in one: a rejected password, a JWK Set, or a known user. */
function answerAsRemote({ url, body }: SeenRequest): [number, object] {
  if (body.includes('wrong')) return [401, {}]
  if (url === '/jwk/symmetric.json') return [200, JWK_SET]
  return [200, { ...IDENTITY, access_token: IDENTITY, refresh_token: IDENTITY }]
}

async function startExample(t: ExecutionContext, text: string, env: Record<string, string>) {
  const remote = await startRemote(t, (response, request) => {
    const [status, reply] = answerAsRemote(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  })
  const { origin, port } = new URL(remote.url)
  const { urls } = await startService(t, {
    config: `${text.replace(/http:\/\/[\w.-]+:\d+/g, origin)}\ndocs: true\n`,
    env: { ...env, DEMO_PORT: port, THEMIS_REMOTE_PORT: port }
  })
  return [...urls.values()]
}

/** A listener and its document. */
interface Described {
  readonly url: string
  readonly paths: OpenApiDocument['paths']
  readonly assertDescribed: AssertDescribed
}

async function readDocument(t: ExecutionContext, url: string): Promise<Described> {
  const document = JSON.parse((await send(`${url}/openapi.json`)).text) as OpenApiDocument
  await assertDocument(t, document)
  return { url, paths: document.paths, assertDescribed: createAssertDescribed(t, document) }
}

/** Good and bad requests, with values from earlier answers. */
function* requestsWith(token: string, apiKey: string): Generator<Asked> {
  const key = { 'api-key': apiKey }
  for (const body of ['', '{}', 'no JSON', '{"password":"wrong"}', JSON.stringify(RECIPE)]) {
    yield { headers: {}, body }
    yield { headers: key, body }
  }
  for (const bearer of [token, 'a.b.c', makeToken(JSON.stringify(IDENTITY))]) {
    yield { headers: { authorization: `Bearer ${bearer}` }, body: '' }
    yield { headers: key, body: `token=${bearer}` }
    yield {
      headers: { ...key, authorization: `Bearer ${bearer}` },
      body: JSON.stringify({ token })
    }
  }
}

const TOKEN = /[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/
const KID = /"kid":"([^"]+)"/

// The flat form has no docs.
for (const { name, text } of readExamples().filter(({ text }) => /^routes:/m.test(text))) {
  test(`${name} answers as its document describes`, async (t) => {
    const env = await createExampleEnvironment(t)
    const good = new Set<string>()
    const described = new Set<string>()
    let token = ''
    let kid = 'none'

    function learnFrom({ text: body }: Answer): void {
      ;[token] = TOKEN.exec(body) ?? [token]
      ;[, kid = kid] = KID.exec(body) ?? []
    }

    async function askAll({ url, paths, assertDescribed }: Described): Promise<void> {
      for (const [path, item] of Object.entries(paths)) {
        const target = url + path.replace('{kid}', kid).replace(/\{\w+\}/, 'any')
        for (const method of ['get', 'post'].filter((one) => one in item)) {
          described.add(`${method} ${path}`)
          for (const { headers, body } of requestsWith(token, env.API_KEY)) {
            const sent = method === 'get' ? {} : { body }
            const answer = await send(target, { method: method.toUpperCase(), headers, ...sent })
            assertDescribed(path, method, answer)
            if (answer.status === 200) good.add(`${method} ${path}`)
            learnFrom(answer)
          }
        }
      }
    }

    const urls = await startExample(t, text, env)
    const listeners = await Promise.all(urls.map((url) => readDocument(t, url)))
    // The second time there are a token and a kid.
    for (const listener of [...listeners, ...listeners]) await askAll(listener)
    t.true(described.size > 0)
    t.deepEqual([...good].sort(), [...described].sort())
  })
}
