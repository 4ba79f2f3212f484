/**
 * Programs that the tests run and the project does not ship: which files of tests need them, which are missing, and how to install them. This is
 * the one place for that rule. `node scripts/programs.js` installs what is missing, from the packages of Debian, where it may.
 *
 * A file of tests, or a helper, names its programs in a comment: `@needs nginx`. Files that import it need the same.
 */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** The packages of Debian that have each program, and the libraries of other processors. */
export const PACKAGES = {
  'aarch64-linux-gnu': 'libatomic1-arm64-cross libstdc++6-arm64-cross',
  'arm-linux-gnueabihf': 'libatomic1-armhf-cross libstdc++6-armhf-cross',
  chromium: 'chromium',
  curl: 'curl',
  fish: 'fish',
  git: 'git',
  go: 'golang-go',
  haproxy: 'haproxy',
  javac: 'default-jdk-headless',
  ldapadd: 'ldap-utils',
  mvn: 'maven',
  nginx: 'nginx',
  openssl: 'openssl',
  pip3: 'python3-pip',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'qemu-aarch64-static': 'qemu-user-static',
  'qemu-arm-static': 'qemu-user-static',
  'redis-server': 'redis-server',
  slapd: 'slapd',
  'systemd-analyze': 'systemd',
  zsh: 'zsh'
}

/** In continuous integration nothing is skipped: a test whose program is missing fails. */
const isRequired = process.env.CI === 'true'

const listOf = (names) => [...new Set(names)].sort()
const missing = listOf(Object.keys(PACKAGES).filter((name) => !isThere(name)))

function isThere(program) {
  if (program === 'chromium' && process.env.CHROMIUM) return true
  if (PACKAGES[program]?.startsWith('lib')) return existsSync(`/usr/${program}/lib/libatomic.so.1`)
  // Servers are in a folder that only root has in its PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.some((folder) => isExecutable(join(folder, program)))
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The programs of a file, and of all files that it imports. */
export function programsOf(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return []
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  const own = [...text.matchAll(/^ ?(?:\/\*)?\*.* ?@needs ([\w -]+?)(?: \*\/)?$/gm)]
  const imports = [...text.matchAll(/\b(?:from|import) '(\.[^']+\.ts)'/g)]
  return listOf([
    ...own.flatMap(([, names]) => names.split(' ')),
    ...imports.flatMap(([, path]) => programsOf(resolve(dirname(file), path), seen))
  ])
}

/**
 * Skips files of tests whose programs are missing, and reports them in one line.
 * @returns patterns for the `files` of ava
 */
export function leaveOut() {
  if (isRequired || missing.length === 0) return []
  const files = readdirSync(join(ROOT, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => ({ name, lacks: lackOf(join(ROOT, 'test', name)) }))
    .filter(({ lacks }) => lacks.length > 0)
  if (files.length === 0) return []
  const tests = files.reduce((sum, { name }) => sum + countTests(join(ROOT, 'test', name)), 0)
  const lacks = listOf(files.flatMap((file) => file.lacks))
  process.stderr.write(
    `skipped ${tests} or more tests in ${files.length} files, which need ${lacks.join(', ')}: apt-get install ${packagesOf(lacks)}\n`
  )
  return files.map(({ name }) => `!build/test/${name.replace(/ts$/, 'js')}`)
}

const lackOf = (file) => programsOf(file).filter((program) => missing.includes(program))
/** Tests in a loop count as one. */
const countTests = (file) =>
  readFileSync(file, 'utf8').match(/^ *test(?:\.serial)?\(/gm)?.length ?? 0
const packagesOf = (programs) => listOf(programs.map((name) => PACKAGES[name])).join(' ')

/** How packages are installed here: as root, or by sudo without a password. Undefined where neither is possible. */
function findInstaller() {
  if (!isThere('apt-get')) return undefined
  if (process.getuid() === 0) return ['env']
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
    return ['sudo', '-n', 'env']
  } catch {
    return undefined
  }
}

function install() {
  const packages = packagesOf(missing)
  const installer = findInstaller()
  if (installer !== undefined) {
    process.stderr.write(`installing what the tests need: apt-get install ${packages}\n`)
    const [command, ...args] = installer
    const aptGet = (...words) =>
      // At this run level Debian starts no service that it installs: tests start their own.
      execFileSync(
        command,
        [...args, 'RUNLEVEL=1', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...words],
        { stdio: ['ignore', 'ignore', 'inherit'] }
      )
    try {
      aptGet('update')
      aptGet('install', '-y', ...packages.split(' '))
    } catch {
      process.stderr.write('apt-get failed\n')
    }
  }
  const still = missing.filter((program) => !isThere(program))
  if (still.length === 0 || !isRequired) return
  process.stderr.write(`missing: ${still.join(', ')}: apt-get install ${packagesOf(still)}\n`)
  process.exitCode = 1
}

if (process.argv[1] === import.meta.filename && missing.length > 0) install()
