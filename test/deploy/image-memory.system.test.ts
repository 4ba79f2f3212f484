/** The image, with the heap that it sets, stays within the memory that the manifests give it. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import anyTest, { type TestFn } from 'ava'
import { Pool } from 'undici'
import { buildImage } from '../helpers/build-image.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { readDockerfile, textsOf, valuesOf } from '../helpers/read-dockerfile.ts'
import { readManifests } from '../helpers/read-manifests.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const TOKENS = 20_000
const LOGINS = 10_000
const CONNECTIONS = 32
const REPLY = JSON.stringify({ id: 1, roles: ['reader', 'editor'], text: 'x'.repeat(1000) })

const test = anyTest as TestFn<{ workdir: string; folder: string }>

test.before(async (t) => {
  t.context = await buildImage()
})
test.after.always((t) => rm(t.context.folder, { recursive: true, force: true }))

function createToken(index: number): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const iat = Math.floor(Date.now() / 1000)
  const claims = { data: { user: index, roles: ['reader', 'editor'] }, iat, exp: iat + 3600 }
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${input}.${createHmac('sha256', ENC_KEY).update(input).digest('base64url')}`
}

/** Runs this many tasks, some at once. */
async function repeat(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const workOff = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, workOff))
}

test('logins and 20,000 different tokens at once take less than the manifests give', async (t) => {
  const { image } = readDockerfile()
  const [node, main = ''] = JSON.parse(textsOf(image, 'ENTRYPOINT')[0] ?? '[]') as string[]
  t.is(node, 'node')
  const { NODE_OPTIONS = '', NODE_ENV = '' } = valuesOf(image, 'ENV')
  const remote = await startRemote(t, replying(REPLY))
  const listen = { main: { host: '127.0.0.1', port: 0 } }
  const CFG_FILE = await writeConfig(t, fullConfig(remote.url, { more: { listen } }))
  const service = runProgram(t, {
    main,
    args: JSON.parse(textsOf(image, 'CMD')[0] ?? '[]') as string[],
    env: { CFG_FILE, ENC_KEY, NODE_OPTIONS, NODE_ENV },
    cwd: t.context.workdir
  })
  const pool = new Pool(await urlOf(service), { connections: 2 * CONNECTIONS })
  t.teardown(() => pool.destroy())
  const statuses = new Map<number, number>()

  /** Sends a request until it is not rejected for overload: on a busy machine some are. */
  async function send(path: string, headers: Record<string, string>, body: string): Promise<void> {
    for (;;) {
      const reply = await pool.request({ method: 'POST', path, headers, body })
      await reply.body.dump()
      if (reply.statusCode === 503) {
        await setTimeout(50)
        continue
      }
      statuses.set(reply.statusCode, (statuses.get(reply.statusCode) ?? 0) + 1)
      return
    }
  }

  await Promise.all([
    repeat(LOGINS, () => send('/getToken', {}, '{"email":"ada@example.com"}')),
    repeat(TOKENS, (index) =>
      send('/checkToken', { authorization: `Bearer ${createToken(index)}` }, '')
    )
  ])

  t.deepEqual([...statuses], [[200, LOGINS + TOKENS]])
  const status = readFileSync(join('/proc', String(service.process.pid), 'status'), 'utf8')
  const peakKib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
  const { limits } = readManifests().deployment.spec.template.spec.containers[0].resources
  t.is(limits.memory, '256Mi')
  t.log(`${Math.round(peakKib / 1024)} MiB at the most, ${process.version}`)
  t.true(peakKib < 256 * 1024, `${peakKib}`)
})
