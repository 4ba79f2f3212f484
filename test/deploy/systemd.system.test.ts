/** The systemd unit, as systemd itself reads it, and the commands in it. @needs systemd-analyze */
import { execFile } from 'node:child_process'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { writeFiles } from '../helpers/folder.ts'
import type { Lifetime } from '../helpers/lifetime.ts'
import { readDockerfile, valuesOf } from '../helpers/read-dockerfile.ts'

const execute = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const UNIT = await readFile(join(ROOT, 'systemd/txtoken.service'), 'utf8')

function settings(name: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

/** The unit in a folder, with the program where it is on this machine. */
async function writeUnit(t: Lifetime, text = UNIT): Promise<string> {
  const here = text
    .replaceAll('/usr/bin/node', process.execPath)
    .replaceAll('/opt/txtoken/', `${ROOT}/`)
  const folder = await writeFiles(t, { 'txtoken.service': here })
  await chmod(join(folder, 'txtoken.service'), 0o644)
  return join(folder, 'txtoken.service')
}

function analyze(...args: readonly string[]) {
  return execute('systemd-analyze', args).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    (error) => ({ code: error.code, text: error.stdout + error.stderr })
  )
}

test('systemd reads the unit without a complaint', async (t) => {
  t.deepEqual(await analyze('verify', '--man=no', await writeUnit(t)), { code: 0, text: '' })
  const misspelled = await writeUnit(t, UNIT.replace('ProtectHome=', 'ProtectHomes='))
  t.regex(
    (await analyze('verify', '--man=no', misspelled)).text,
    /Unknown key (?:name )?'ProtectHomes'/
  )
})

test('the exposure that systemd reports is at most 1.5 of 10', async (t) => {
  const security = ['security', '--offline=true', '--no-pager', '--threshold=15']
  const { code, text } = await analyze(...security, await writeUnit(t))
  t.is(code, 0, text)
  const open = await writeUnit(t, UNIT.replace(/^SystemCallFilter=.*\n/gm, ''))
  t.not((await analyze(...security, open)).code, 0)
})

test('the program accepts the commands of the unit', async (t) => {
  const file = join(ROOT, 'examples/txtoken.yml')
  for (const command of settings('ExecStartPre')) {
    const [, , ...args] = command.replace('/etc/txtoken/txtoken.yml', file).split(' ')
    const env = { ...process.env, ENC_KEY: 'Zb4xQ9vLr2Wm7TcEy1Hs8KpUd5NgAj3F' }
    await t.notThrowsAsync(
      execute(process.execPath, [join(ROOT, 'dist/main.js'), ...args], { env })
    )
  }
  const [start = ''] = settings('ExecStart')
  const { stdout } = await execute(process.execPath, [
    join(ROOT, 'dist/main.js'),
    'serve',
    '--help'
  ])
  for (const [option] of start.matchAll(/--\w+/g)) t.true(stdout.includes(option), option)
})

test('memory, heap and time to stop match the image and the defaults', async (t) => {
  const { NODE_OPTIONS = '' } = valuesOf(readDockerfile().image, 'ENV')
  t.true(
    settings('Environment')
      .join(' ')
      .includes(`"NODE_OPTIONS=${NODE_OPTIONS.replaceAll('"', '')}"`)
  )
  const page = await readFile(join(ROOT, 'docs/sizing.md'), 'utf8')
  const [, limit] = /within the (\d+) MiB of Compose and the manifests/.exec(page) ?? []
  t.deepEqual(settings('MemoryMax'), [`${limit}M`])
  const { config } = loadConfig({
    file: join(ROOT, 'examples/txtoken.yml'),
    env: { ENC_KEY: 'Zb4xQ9vLr2Wm7TcEy1Hs8KpUd5NgAj3F' }
  })
  const { drain, shutdown } = config.timeouts
  t.true(Number.parseInt(settings('TimeoutStopSec')[0] ?? '', 10) * 1000 > drain + shutdown)
})

test('the commands of the pages copy what the unit names', async (t) => {
  const named = [...UNIT.matchAll(/\/opt\/txtoken\/(\S+)/g)].map(([, path = '']) => path)
  t.true(named.includes('docs/deploy.md'))
  for (const page of ['docs/deploy.md', 'docs/how-to/systemd.md']) {
    const text = await readFile(join(ROOT, page), 'utf8')
    const [, list = ''] = /cp -r (.+) \/opt\/txtoken\//.exec(text) ?? []
    const copied = list.split(' ')
    for (const path of named) {
      t.true(copied.includes(path.split('/')[0] ?? ''), `${page}: ${path}`)
      await t.notThrowsAsync(readFile(join(ROOT, path)))
    }
  }
})
