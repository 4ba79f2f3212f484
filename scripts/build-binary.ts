/**
 * Builds the standalone binaries: the program as one file of JavaScript inside of a Node.js of the version that the image
 * ships (https://nodejs.org/api/single-executable-applications.html). Takes architectures, x64 and arm64 where left out.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { inject } from 'postject'
import { bundleProgram } from './bundle.ts'

const ROOT = join(import.meta.dirname, '..')
const BUILD = join(ROOT, 'build')
const PROGRAM = join(BUILD, 'txtoken.cjs')
const ARCHITECTURES = ['x64', 'arm64'] as const
type Architecture = (typeof ARCHITECTURES)[number]

/** Where Node.js looks for the program: it is the same text in every version. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

const PACKAGED_FILES = [
  'package.json',
  'example_cfg.yml',
  'dist/swagger-ui/swagger-ui.css',
  'dist/swagger-ui/swagger-ui-bundle.js'
]

/** What a binary begins with: the program, with what V8 compiled of it where it was built. A native addon has to be beside the binary. */
const START = `const { createRequire } = require('node:module')
const { getAsset, getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

function requireOutside(name) {
  if (name !== 'classic-level') return require(name)
  try {
    return createRequire(process.execPath)(name)
  } catch (cause) {
    const message = 'expected ' + name + ' in node_modules beside the standalone program, which cannot hold it'
    throw Object.assign(new Error(message, { cause }), { name: 'CommandError' })
  }
}

const cachedData = CACHED ? Buffer.from(getRawAsset('txtoken.cache')) : undefined
new Script(Buffer.from(getRawAsset('txtoken.cjs')).latin1Slice(), {
  filename: 'txtoken.cjs',
  cachedData
}).runInThisContext()(requireOutside, (name) => getAsset(name, 'utf8'))
`

/**
 * Fetches Node.js for an architecture out of the npm registry, unless it is there already.
 * @param version all of it, or its first number
 */
function fetchRuntime(architecture: Architecture, version: string): string {
  const name = `node-linux-${architecture}`
  const prefix = join(BUILD, 'runtime', architecture)
  const folder = join(prefix, 'node_modules', name)
  if (`${versionOf(folder)}.`.startsWith(`${version}.`)) return folder
  mkdirSync(prefix, { recursive: true })
  // Forced, since the other architecture is not that of this machine.
  const flags = ['--no-save', '--ignore-scripts', '--force', '--silent', '--prefix', prefix]
  execFileSync('npm', ['install', ...flags, `${name}@${version}`], {
    cwd: prefix,
    stdio: 'inherit'
  })
  return folder
}

function versionOf(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

async function buildBinary(
  architecture: Architecture,
  runtimes: { own: string; target: string }
): Promise<string> {
  const output = join(BUILD, `txtoken-linux-${architecture}`)
  const settings = `${output}.json`
  const blob = `${output}.blob`
  const main = `${output}.cjs`
  // Compiled ahead of time, which only the architecture that runs it can do.
  const isOwn = architecture === process.arch
  writeFileSync(main, START.replace('CACHED', String(isOwn)))
  writeFileSync(
    settings,
    JSON.stringify({
      main,
      output: blob,
      disableExperimentalSEAWarning: true,
      assets: Object.fromEntries([
        ...PACKAGED_FILES.map((name) => [name, join(ROOT, name)]),
        ['txtoken.cjs', PROGRAM],
        ...(isOwn ? [['txtoken.cache', PROGRAM.replace('.cjs', `-${architecture}.cache`)]] : [])
      ])
    })
  )
  execFileSync(join(runtimes.own, 'bin/node'), ['--experimental-sea-config', settings], {
    stdio: 'pipe'
  })
  // Made under another name: the one before it may be running.
  const unfinished = `${output}.new`
  copyFileSync(join(runtimes.target, 'bin/node'), unfinished)
  chmodSync(unfinished, 0o755)
  await inject(unfinished, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: FUSE })
  renameSync(unfinished, output)
  return output
}

async function main(names: readonly string[]): Promise<void> {
  const wanted = ARCHITECTURES.filter((name) => names.length === 0 || names.includes(name))
  const own = ARCHITECTURES.find((name) => name === process.arch)
  if (own === undefined || wanted.length < names.length) {
    throw new Error(`expected ${ARCHITECTURES.join(' or ')}, for this machine too`)
  }
  const [, major = ''] =
    /^ARG NODE_VERSION=(\S+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? []
  const ownRuntime = fetchRuntime(own, major)
  // One and the same version everywhere: what one version writes, another might not read.
  const version = versionOf(ownRuntime) ?? major
  await bundleProgram({ outfile: PROGRAM, external: ['classic-level'] })
  const compileAhead = join(import.meta.dirname, 'compile-ahead.js')
  execFileSync(join(ownRuntime, 'bin/node'), [compileAhead, PROGRAM, ROOT], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  for (const name of wanted) {
    const target = name === own ? ownRuntime : fetchRuntime(name, version)
    const output = await buildBinary(name, { own: ownRuntime, target })
    process.stdout.write(`${output}, Node.js ${version}\n`)
  }
}

await main(process.argv.slice(2))
