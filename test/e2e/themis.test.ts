/** examples/themis.yml and examples/themis-claims.yml, run unchanged by the built program, and the commands of their page. */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { importSPKI, jwtVerify } from 'jose'
import { findCode, readCodeBlocks } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { send } from '../helpers/http.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { type RunningProgram, runProgram, urlOf } from '../helpers/program.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = 'docs/examples/themis.md'
const TRUST = 'Trust in certificates'

/** The default ports of the examples, and the variables that change them. */
const PORTS = {
  THEMIS_KEYS_PORT: 6500,
  THEMIS_ISSUER_PORT: 6501,
  THEMIS_CLAIMS_PORT: 6502,
  THEMIS_METRICS_PORT: 6503,
  THEMIS_HEALTH_PORT: 6504,
  THEMIS_REMOTE_PORT: 6510
} as const

const MAC = { 'X-Midt-Mac-Address': 'mac:1122334455' }

interface Themis {
  readonly program: RunningProgram
  /** The address that has one of these ports in the example. */
  readonly url: (port: number) => string
  readonly startRemote: () => Promise<void>
}

/** Starts the example on ports that are free. */
async function startThemis(t: ExecutionContext): Promise<Themis> {
  const ports = await freePorts(Object.keys(PORTS).length)
  const env = Object.fromEntries(Object.keys(PORTS).map((name, index) => [name, `${ports[index]}`]))
  const folder = await createTemporaryFolder(t)
  const program = runProgram(t, {
    cwd: ROOT,
    env: { ...env, CFG_FILE: 'examples/themis.yml', THEMIS_KEYS_DIR: join(folder, 'keys') }
  })
  await Promise.all(
    ['keys', 'issuer', 'claims', 'metrics', 'health'].map((name) => urlOf(program, name))
  )
  return {
    program,
    url: (port) => `http://localhost:${ports[Object.values<number>(PORTS).indexOf(port)]}`,
    async startRemote() {
      const remote = runProgram(t, {
        cwd: ROOT,
        env: { ...env, CFG_FILE: 'examples/themis-claims.yml' }
      })
      await urlOf(remote)
    }
  }
}

async function issue({ url }: Themis, headers: Record<string, string>, query = '') {
  const answer = await send(`${url(6501)}/issue${query}`, { headers })
  const [header = ''] = answer.text.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const pem = await send(`${url(6500)}/keys/${kid}`)
  const verified = await jwtVerify(answer.text, await importSPKI(pem.text, 'RS256'))
  return { answer, kid, pem, ...verified }
}

test('a device gets a token with its claims and the claims of the other service, and it verifies with the PEM', async (t) => {
  const themis = await startThemis(t)
  await themis.startRemote()
  const before = Math.floor(Date.now() / 1000)
  const { answer, pem, kid, payload, protectedHeader } = await issue(themis, MAC)
  t.is(answer.headers['content-type'], 'application/jose')
  t.is(answer.headers['x-midt-server'], 'txtoken')
  t.is(pem.headers['content-type'], 'application/x-pem-file')
  t.deepEqual(protectedHeader, { alg: 'RS256', typ: 'JWT', kid })
  const { iat = 0, nbf, exp, jti = '', ...claims } = payload
  t.true(iat >= before)
  t.is(nbf, iat - 15)
  t.is(exp, iat + 24 * 3600)
  t.regex(jti, /^[\w-]{22}$/)
  const expected = {
    iss: 'themis',
    sub: 'client:supplied',
    aud: 'XMiDT',
    capabilities: ['x1:issuer:test:.*:all'],
    trust: 0,
    Nested: { Version: 1, 'Feature-Flags': { allowDebug: false } },
    mac: 'mac:1122334455',
    'partner-id': 'comcast',
    Subscription: { Plan: 'Gold', Regions: ['EU', 'US'], MaxDevices: 5 },
    Model: 'XB7',
    Device: 'mac:1122334455'
  }
  t.deepEqual(claims, expected)
  const unsigned = await send(`${themis.url(6502)}/claims`, { headers: MAC })
  t.is(unsigned.headers['content-type'], 'application/json; charset=utf-8')
  t.is(unsigned.headers['x-midt-server'], 'txtoken')
  t.deepEqual(JSON.parse(unsigned.text), expected)
  t.not((await issue(themis, MAC)).payload.jti, jti)
})

test('a device sends its claims in headers or parameters, and headers win', async (t) => {
  const themis = await startThemis(t)
  const query = '?mac=one&serial=two&uuid=three&pid=*,,sky'
  t.like((await issue(themis, {}, query)).payload, {
    mac: 'one',
    serial: 'two',
    uuid: 'three',
    'partner-id': 'sky'
  })
  const headers = {
    ...MAC,
    'X-Midt-Serial-Number': '0042',
    'X-Midt-Uuid': 'u',
    'X-Midt-Partner-ID': 'cox, *'
  }
  t.like((await issue(themis, headers, query)).payload, {
    mac: 'mac:1122334455',
    serial: '0042',
    uuid: 'u',
    'partner-id': 'cox'
  })
  for (const missing of ['mac', 'serial', 'uuid', 'Subscription']) {
    t.false(missing in (await issue(themis, {})).payload, missing)
  }
  const rejected = await send(`${themis.url(6501)}/issue?pid=*`)
  t.is(rejected.status, 400)
  t.is(rejected.text, 'invalid partner id')
})

test('each port has its own routes, and a missing key is reported as text', async (t) => {
  const { url } = await startThemis(t)
  t.is((await send(`${url(6504)}/health`)).text, '{"status":"ok"}')
  t.regex((await send(`${url(6503)}/metrics`)).text, /^txtoken_/m)
  const unknown = await send(`${url(6500)}/keys/nobody`)
  t.is(unknown.status, 404)
  t.is(unknown.text, 'No key exists with kid nobody')
  for (const [port, path] of [
    [6500, '/issue'],
    [6501, '/claims'],
    [6502, '/issue'],
    [6503, '/health'],
    [6504, '/metrics']
  ] as const) {
    t.is((await send(url(port) + path)).status, 404, `${port}${path}`)
  }
})

test('the commands of the page print what it shows', async (t) => {
  const themis = await startThemis(t)
  await themis.startRemote()
  const [start = ''] = findCode(PAGE, 'Start it', 'sh')
  for (const example of ['themis-claims', 'themis']) {
    t.true(start.includes(`CFG_FILE=examples/${example}.yml node dist/main.js &`))
  }
  const blocks = readCodeBlocks(PAGE).filter(
    ({ heading }) => !['Start it', TRUST].includes(heading)
  )
  await compareCommands(t, blocks, {
    cwd: ROOT,
    place: (command) =>
      command.replaceAll(/http:\/\/localhost:(65\d\d)/g, (_all, port) => themis.url(Number(port)))
  })
})

test('the commands about trust print what the page shows', async (t) => {
  const [port = 0] = await freePorts(1)
  const [config = ''] = findCode(PAGE, TRUST, 'yaml')
  const cwd = await writeFiles(t, { 'trust.yml': config.replace('6505', String(port)) })
  const [makeCertificates, ...questions] = readCodeBlocks(PAGE).filter(
    ({ heading, info }) => heading === TRUST && info !== 'yaml'
  )
  await compareCommands(t, makeCertificates === undefined ? [] : [makeCertificates], { cwd })
  const program = runProgram(t, { cwd, env: { CFG_FILE: 'trust.yml' } })
  await urlOf(program)
  await compareCommands(t, questions, {
    cwd,
    place: (command) => command.replaceAll('6505', String(port))
  })
})
