import test, { type ExecutionContext } from 'ava'
import { hasSubject } from '../../../src/check/requirements.ts'
import { checkConfig } from '../../helpers/check-config.ts'
import { send } from '../../helpers/http.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const EXP = `"exp":${NOW_SECONDS + 60}`

async function startOkera(t: ExecutionContext, check: Record<string, unknown> = {}) {
  const config = checkConfig({ check: { protocol: 'okera', ...check } })
  const { url } = await startService(t, { config, now })
  return (authorization?: string) =>
    send(`${url}/check`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        ...(authorization !== undefined && { authorization })
      }
    })
}

test('a valid token is answered with its claims at the top level, digit for digit', async (t) => {
  const ask = await startOkera(t)
  const claims = `{"sub":"ada","groups":["staff"],"level":12345678901234567890,${EXP}}`
  const answer = await ask(`Bearer ${makeToken(claims)}`)
  t.is(answer.status, 200)
  t.is(answer.text, claims)
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'no-store')
})

/** The message of the requirement `sub` for such a token, which the route uses too. */
function wordsFor(t: ExecutionContext, sub: unknown): string {
  const error = t.throws(() => hasSubject({ claims: { sub } }))
  return error.message
}

test('a rejection is JSON, with a challenge', async (t) => {
  const ask = await startOkera(t)
  const rejections: [string | undefined, string, string][] = [
    [undefined, 'missing_token', 'no token present in request'],
    ['Bearer garbage', 'invalid_token', 'Token is malformed: expected three parts'],
    [
      `Bearer ${makeToken(`{"sub":"ada",${EXP}}`, { secret: 'x' })}`,
      'invalid_token',
      'signature is invalid'
    ],
    [`Bearer ${makeToken('{"sub":"ada","exp":1}')}`, 'invalid_token', 'Token is expired'],
    [`Bearer ${makeToken(`{${EXP}}`)}`, 'invalid_token', 'Token has no sub'],
    [`Bearer ${makeToken(`{"sub":7,${EXP}}`)}`, 'invalid_token', wordsFor(t, 7)]
  ]
  for (const [authorization, error, description] of rejections) {
    const answer = await ask(authorization)
    t.is(answer.status, 401, description)
    t.deepEqual(JSON.parse(answer.text), { error, error_description: description })
    t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.regex(answer.headers['www-authenticate'] ?? '', /^Bearer/)
  }
})

test('a token that cannot be checked is not rejected: 503, without the reason', async (t) => {
  const endpoint = await refusingUrl(t)
  const ask = await startOkera(t, { verify: [{ endpoint, allowHttp: true }, { keys: 'all' }] })
  const answer = await ask(`Bearer ${makeToken(`{"sub":"ada",${EXP}}`)}`)
  t.is(answer.status, 503)
  t.deepEqual(JSON.parse(answer.text), {
    error: 'check_unavailable',
    error_description: 'Token cannot be checked at the moment'
  })
  t.is(answer.headers['www-authenticate'], undefined)
})
