/**
 * Builds the standalone binaries: the program as one file of JavaScript inside of Node.js
 * (https://nodejs.org/api/single-executable-applications.html). Its arguments are architectures, by default all.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { inject } from 'postject'
import { bundleProgram } from './bundle.ts'
import { cachedFolder } from './tool-cache.ts'

const ROOT = join(import.meta.dirname, '..')
const BUILD = join(ROOT, 'build')
const ARCHITECTURES = ['x64', 'arm64', 'armv7l'] as const
type Architecture = (typeof ARCHITECTURES)[number]

/** The last Node.js for ARMv7 in the npm registry. It has no `node:sea`, so the program and its files are in the text that it starts. */
const ARMV7_VERSION = '20.11.0'

/** Where Node.js looks for the program: it is the same text in every version. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

const PACKAGED_FILES = [
  'package.json',
  'example_cfg.yml',
  'dist/swagger-ui/swagger-ui.css',
  'dist/swagger-ui/swagger-ui-bundle.js',
  'dist/workbench/workbench.html',
  'dist/workbench/workbench.css',
  'dist/workbench/workbench.js'
]

/** The first code of a binary. A native addon has to be beside the binary. */
const REQUIRE_OUTSIDE = `const { createRequire } = require('node:module')
const { dirname } = require('node:path')

function requireOutside(name) {
  if (name !== 'classic-level') return require(name)
  try {
    return createRequire(process.execPath)(name)
  } catch (cause) {
    const message = 'expected ' + name + ' in node_modules beside the standalone program, which cannot hold it: npm install ' + name + ' in ' + dirname(process.execPath)
    throw Object.assign(new Error(message, { cause }), { name: 'CommandError' })
  }
}
`

/** Starts the program from the assets, with the V8 code cache of its build. */
const START = `${REQUIRE_OUTSIDE}
const { getAsset, getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

const cachedData = CACHED ? Buffer.from(getRawAsset('txtoken.cache')) : undefined
new Script(Buffer.from(getRawAsset('txtoken.cjs')).latin1Slice(), {
  filename: 'txtoken.cjs',
  cachedData
}).runInThisContext()(requireOutside, (name) => getAsset(name, 'utf8'))
`

/** The same without assets. */
function writeInlineStart(program: string): string {
  const files = PACKAGED_FILES.map((name) => [name, readFileSync(join(ROOT, name), 'utf8')])
  const texts = JSON.stringify(Object.fromEntries(files))
  const text = readFileSync(program, 'latin1')
    .replace(/^#!.*\n/, '')
    .trimEnd()
  return `${REQUIRE_OUTSIDE}const texts = ${texts};\n${text}(requireOutside, (name) => texts[name])\n`
}

/**
 * Fetches Node.js for an architecture from the npm registry, unless it is there already.
 * @param version the full version, or the major version
 * @returns the program, and its full version
 */
async function fetchRuntime(architecture: Architecture, version: string) {
  const name = `node-linux-${architecture}`
  const prefix = await cachedFolder(`${name}-${version}`, async (folder) => {
    // Forced, since npm rejects packages for other architectures.
    const flags = ['--no-save', '--ignore-scripts', '--force', '--silent', '--prefix', folder]
    execFileSync('npm', ['install', ...flags, `${name}@${version}`], {
      cwd: folder,
      stdio: 'inherit'
    })
  })
  const folder = join(prefix, 'node_modules', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { node: join(folder, 'bin/node'), version: (manifest as { version: string }).version }
}

interface Runtime {
  readonly node: string
  readonly version: string
}

/** Bundles the program for an architecture, and writes the script that its Node.js starts and the rest of the blob. */
async function prepare(architecture: Architecture, own: Runtime) {
  const program = join(BUILD, `txtoken-${architecture}.cjs`)
  const isArmv7 = architecture === 'armv7l'
  await bundleProgram({
    outfile: program,
    external: ['classic-level'],
    target: isArmv7 ? `node${ARMV7_VERSION}` : 'node20'
  })
  if (isArmv7) return { start: writeInlineStart(program), assets: {} }
  const assets = Object.fromEntries(PACKAGED_FILES.map((name) => [name, join(ROOT, name)]))
  // Compiled ahead of time, which is only possible on the same architecture.
  const isOwn = architecture === process.arch
  if (isOwn) {
    const compileAhead = join(import.meta.dirname, 'compile-ahead.js')
    const stdio: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit']
    execFileSync(own.node, [compileAhead, program, ROOT], { stdio })
    assets['txtoken.cache'] = program.replace('.cjs', `-${architecture}-v${own.version}.cache`)
  }
  return {
    start: START.replace('CACHED', String(isOwn)),
    assets: { ...assets, 'txtoken.cjs': program }
  }
}

/** @param writer Node.js of the target's version that runs here: what one version or word size writes, another might not read */
async function buildBinary(
  architecture: Architecture,
  { own, target, writer }: { own: Runtime; target: Runtime; writer: readonly string[] }
): Promise<string> {
  const output = join(BUILD, `txtoken-linux-${architecture}`)
  const [settings, blob, main] = [`${output}.json`, `${output}.blob`, `${output}.cjs`]
  const { start, assets } = await prepare(architecture, own)
  writeFileSync(main, start)
  writeFileSync(
    settings,
    JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, assets })
  )
  const [command = '', ...args] = writer
  execFileSync(command, [...args, '--experimental-sea-config', settings], { stdio: 'pipe' })
  // Written under another name, since the previous one may be running.
  const unfinished = `${output}.new`
  rmSync(unfinished, { force: true })
  copyFileSync(target.node, unfinished)
  chmodSync(unfinished, 0o755)
  await inject(unfinished, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: FUSE })
  renameSync(unfinished, output)
  return output
}

/** Node.js of ARMv7 as a command of this machine: emulated, with the libraries of Debian's `libatomic1-armhf-cross`, where it is another. */
function runArmv7(node: string): string[] {
  return process.arch === 'arm'
    ? [node]
    : ['qemu-arm-static', '-L', '/usr/arm-linux-gnueabihf', node]
}

async function main(names: readonly string[]): Promise<void> {
  const wanted = ARCHITECTURES.filter((name) => names.length === 0 || names.includes(name))
  const own = ARCHITECTURES.find((name) => name === process.arch)
  if (own === undefined || wanted.length < names.length) {
    throw new Error(`expected ${ARCHITECTURES.join(', ')}, on a machine of x64 or arm64`)
  }
  mkdirSync(BUILD, { recursive: true })
  const [, major = ''] =
    /^ARG NODE_VERSION=(\S+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? []
  const ownRuntime = await fetchRuntime(own, major)
  for (const name of wanted) {
    const version = name === 'armv7l' ? ARMV7_VERSION : ownRuntime.version
    const target = name === own ? ownRuntime : await fetchRuntime(name, version)
    const writer = name === 'armv7l' ? runArmv7(target.node) : [ownRuntime.node]
    const output = await buildBinary(name, { own: ownRuntime, target, writer })
    process.stdout.write(`${output}, Node.js ${version}\n`)
  }
}

await main(process.argv.slice(2))
