/**
 * `completion`, in the shells themselves.
 * @needs fish zsh
 */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand } from '../helpers/command-line.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

/** Lines that are typed, and what the shell offers for the last word of each. */
const CASES = [
  ['txtoken tok', ['token', 'tokens']],
  ['txtoken check', ['check-config']],
  ['txtoken tokens cr', ['create']],
  ['txtoken token verify --js', ['--json']],
  ['txtoken check-config --adv', ['--advice']],
  ['txtoken import ', ['krakend', 'okera', 'supertokens', 'themis', 'txtoken']],
  ['txtoken import krakend txtoken.y', ['txtoken.yml']],
  ['txtoken completion ', ['bash', 'fish', 'zsh']],
  ['txtoken keys generate --alg ES', ['ES256', 'ES384', 'ES512']],
  ['txtoken keys generate --force --format ', ['jwk', 'pem']],
  ['txtoken keys convert --to jwk', ['jwk', 'jwks']],
  ['txtoken tokens create ada --alg RSA', ['RSA256', 'RSA512']],
  ['txtoken token verify --secret-encoding h', ['hex']],
  ['txtoken fl', ['flat.yml']]
] as const

async function writeScript(t: ExecutionContext, shell: string) {
  const folder = await createTemporaryFolder(t)
  const { code, stdout, stderr } = await runCommand(['completion', shell])
  t.is(code, 0, stderr)
  const file = join(folder, `txtoken.${shell}`)
  await writeFile(file, stdout)
  for (const name of ['txtoken.yml', 'flat.yml']) await writeFile(join(folder, name), '')
  return { folder, file }
}

function runShell(t: ExecutionContext, shell: string, cwd: string, script: string): string {
  const env = { PATH: process.env.PATH ?? '', HOME: cwd, TERM: 'dumb' }
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], {
    cwd,
    env,
    encoding: 'utf8'
  })
  t.is(status, 0, stderr)
  return stdout
}

test('bash completes commands, options and files', async (t) => {
  const { folder, file } = await writeScript(t, 'bash')
  const complete = (line: string) => {
    const words = line.split(' ')
    const script = `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _txtoken; printf '%s\\n' "\${COMPREPLY[@]}"`
    return runShell(t, 'bash', folder, script).trim().split('\n').toSorted()
  }
  for (const [line, expected] of CASES) t.deepEqual(complete(line), [...expected], line)
  t.deepEqual(complete('txtoken explain txtoken.y'), ['txtoken.yml'])
  t.deepEqual(complete('txtoken keys generate --alg = HS5'), ['HS512'], 'bash splits at =')
})

test('fish completes commands, options and files', async (t) => {
  const { folder, file } = await writeScript(t, 'fish')
  const complete = (line: string) =>
    runShell(t, 'fish', folder, `source ${file}; complete -C '${line}'`)
      .trim()
      .split('\n')
      .map((text) => text.split('\t', 1)[0])
      .toSorted()
  for (const [line, expected] of CASES) t.deepEqual(complete(line), [...expected], line)
  t.deepEqual(complete('txtoken explain txtoken.y'), ['txtoken.yml'])
  t.deepEqual(complete('txtoken keys generate --alg=HS5'), ['--alg=HS512'])
})

/** In an interactive zsh of a terminal of its own, a tab completes what is typed. */
test('zsh completes commands, options and files', async (t) => {
  const { folder, file } = await writeScript(t, 'zsh')
  const complete = (line: string, completed: string) => {
    const script = `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; PROMPT_EOL_MARK=; autoload -Uz compinit; compinit -D -u; source ${file}; print REA""DY'
zpty -r -m z out '*READY*'
zpty -w -n z '${line}'$'\\t'
zpty -r -m z out '*${completed}*'
zpty -d z
print done`
    t.is(runShell(t, 'zsh', folder, script), 'done\n', line)
  }
  complete('txtoken chec', 'txtoken check-config')
  complete('txtoken tokens cr', 'txtoken tokens create')
  complete('txtoken token verify --js', 'verify --json')
  complete('txtoken explain txtoken.y', 'explain txtoken.yml')
  complete('txtoken import kr', 'txtoken import krakend')
  complete('txtoken import krakend txtoken.y', 'krakend txtoken.yml')
  complete('txtoken completion z', 'completion zsh')
  complete('txtoken keys generate --alg ES3', '--alg ES384')
  complete('txtoken keys generate --alg=HS5', '--alg=HS512')
  complete('txtoken keys generate --force --format j', '--format jwk')
  complete('txtoken token verify --secret-encoding h', '--secret-encoding hex')
  complete('txtoken fl', 'txtoken flat.yml')
})

test('any other shell is rejected', async (t) => {
  const { code, stderr } = await runCommand(['completion', 'tcsh'])
  t.is(code, 2)
  t.regex(stderr, /expected one of bash, zsh, fish/)
})
