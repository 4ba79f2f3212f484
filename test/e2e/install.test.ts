/** The ways to the built program: `npm start` in a checkout, and an install from git. @needs git */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** A copy of the files that git has or will have of this project, without the build. */
async function copyCheckout(t: ExecutionContext): Promise<string> {
  const folder = join(await createTemporaryFolder(t), 'checkout')
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const { stdout } = await run('git', list, { cwd: ROOT })
  for (const name of stdout.split('\0').filter((one) => one !== '')) {
    // A file may be deleted, but not yet in git.
    await cp(join(ROOT, name), join(folder, name)).catch(() => undefined)
  }
  return folder
}

test('npm start builds only what is missing or has changed', async (t) => {
  t.timeout(600_000, 'it builds twice')
  const folder = await copyCheckout(t)
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const main = join(folder, 'dist/main.js')
  const prestart = () => run('npm', ['run', '--silent', 'prestart'], { cwd: folder })
  await prestart()
  const first = (await stat(main)).mtimeMs
  await prestart()
  t.is((await stat(main)).mtimeMs, first)
  const later = new Date(first + 1000)
  await utimes(join(folder, 'src/main.ts'), later, later)
  await prestart()
  t.true((await stat(main)).mtimeMs > first)
})

test('npm installs the package from git, with the command and the client', async (t) => {
  t.timeout(600_000, 'npm installs what the build needs')
  const checkout = await copyCheckout(t)
  const git = (...args: string[]) => run('git', args, { cwd: checkout })
  await git('init', '--quiet')
  await git('add', '--all')
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  await git(...who, 'commit', '--quiet', '--message', 'all of it')
  const folder = join(await createTemporaryFolder(t), 'user')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund']
  await run('npm', ['install', ...flags, `git+file://${checkout}`], { cwd: folder })
  await rm(checkout, { recursive: true })

  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const command = await run(join(folder, 'node_modules/.bin/txtoken'), ['--version'])
  t.is(command.stdout, `${version}\n`)
  const program =
    "import { createTokenChecker } from 'txtoken/client'; console.log(typeof createTokenChecker)"
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: folder
  })
  t.is(stdout, 'function\n')
})
