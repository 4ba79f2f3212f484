/** The client in a process of its own. */
import { join } from 'node:path'
import test from 'ava'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { runProgram } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const PROGRAM = `import { createServiceToken, createTokenChecker } from 'txtoken/client'

const { JWKS_URL, ENDPOINT, ISSUER, TOKEN } = process.env
const byKeys = createTokenChecker({ jwksUrl: JWKS_URL, algorithms: ['HS256'], allowHttp: true })
const byEndpoint = createTokenChecker({ endpoint: ENDPOINT, allowHttp: true })
const serviceToken = createServiceToken({ url: ISSUER, allowHttp: true })
console.log((await byKeys.check(TOKEN)).sub)
console.log((await byEndpoint.check(TOKEN)).sub)
console.log((await serviceToken.get()) === TOKEN)
`

test('the client does not keep a process running', async (t) => {
  const token = makeToken(JSON.stringify({ sub: 'ada', exp: Math.floor(Date.now() / 1000) + 3600 }))
  const k = Buffer.from(ENC_KEY).toString('base64url')
  const jwks = await startJwksServer(t, { body: { keys: [{ kty: 'oct', k }] } })
  const endpoint = await startRemote(t, replying(JSON.stringify({ Raw: token, Valid: true })))
  const issuer = await startRemote(t, replying(JSON.stringify({ token })))
  const program = runProgram(t, {
    nodeArguments: ['--input-type=module', '--eval', PROGRAM],
    // Nothing is run but the text above, from the root of the project: `txtoken` is this package there.
    main: '--',
    cwd: join(import.meta.dirname, '../..'),
    env: { JWKS_URL: jwks.url, ENDPOINT: endpoint.url, ISSUER: issuer.url, TOKEN: token }
  })
  const { code, stdout, stderr } = await program.exit()
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'ada\nada\ntrue\n', stderr: '' })
})
