/**
 * Builds the standalone binaries: the program as one file of JavaScript inside of a Node.js of the version that the image
 * ships (https://nodejs.org/api/single-executable-applications.html). Takes architectures, x64 and arm64 where left out.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { createInterface } from 'node:readline'
import { build, type Plugin } from 'esbuild'
import { inject } from 'postject'

const ROOT = join(import.meta.dirname, '..')
const BUILD = join(ROOT, 'build')
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

/** What is another thing inside of a binary: its files are its own, and a native addon has to lie beside it. */
const insideOfBinary: Plugin = {
  name: 'inside-of-binary',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\/src\/packaged-file\.ts$/ }, () => ({
      contents: `import { getAsset } from 'node:sea'
        export const readPackagedFile = (name) => getAsset(name, 'utf8')`
    }))
    onResolve({ filter: /^classic-level$/ }, ({ path }) => ({ path, namespace: 'beside' }))
    onLoad({ filter: /.*/, namespace: 'beside' }, ({ path }) => ({
      contents: `try {
          module.exports = require('node:module').createRequire(process.execPath)('${path}')
        } catch (cause) {
          const message = 'expected ${path} in node_modules beside the standalone program, which cannot hold it'
          throw Object.assign(new Error(message, { cause }), { name: 'CommandError' })
        }`
    }))
  }
}

/** The program as a function of what it requires, so that both of the following can call it. */
const FUNCTION = { banner: '(function (require, module, exports) {', footer: '})' }

/** What a binary begins with: the program, with what V8 needs not compile anew. */
const START = `const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')
const cachedData = CACHED ? Buffer.from(getRawAsset('txtoken.cache')) : undefined
new Script(Buffer.from(getRawAsset('txtoken.cjs')).latin1Slice(), {
  filename: 'txtoken.cjs',
  cachedData
}).runInThisContext()(require, module, exports)
`

/** Runs the program, and at its end keeps what V8 has compiled of it. The code cache of Node.js itself has next to nothing of it. */
const REHEARSAL = `const { readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')
const script = new Script(readFileSync('txtoken.cjs', 'latin1'), { filename: 'txtoken.cjs' })
const sea = { getAsset: (name) => readFileSync('../' + name, 'utf8') }
process.on('exit', () => writeFileSync('txtoken.cache', script.createCachedData()))
script.runInThisContext()((name) => (name === 'node:sea' ? sea : require(name)), module, exports)
`

/** Starts the demo and ends it, so that there is a code cache of what a start takes. */
async function rehearse(runtime: string): Promise<void> {
  writeFileSync(join(BUILD, 'rehearsal.cjs'), REHEARSAL)
  const demo = spawn(join(runtime, 'bin/node'), ['rehearsal.cjs', 'demo'], {
    cwd: BUILD,
    env: { PORT: '0', DEMO_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(demo, 'exit')
  for await (const line of createInterface(demo.stdout)) {
    if (line === 'Check it:') demo.kill('SIGTERM')
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`expected the demo to end well, found the exit code ${code}`)
}

async function bundle(file: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, 'src/main.ts')],
    outfile: file,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    banner: { js: FUNCTION.banner },
    footer: { js: FUNCTION.footer },
    plugins: [insideOfBinary],
    // Scripts cannot import; what they would is built into Node.js, or in the bundle.
    supported: { 'dynamic-import': false },
    // A file that is read from beside the code would be missing.
    logOverride: { 'empty-import-meta': 'error' },
    logLevel: 'warning'
  })
}

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
  const parts = architecture === process.arch ? ['txtoken.cjs', 'txtoken.cache'] : ['txtoken.cjs']
  writeFileSync(main, START.replace('CACHED', String(parts.includes('txtoken.cache'))))
  writeFileSync(
    settings,
    JSON.stringify({
      main,
      output: blob,
      disableExperimentalSEAWarning: true,
      assets: Object.fromEntries([
        ...PACKAGED_FILES.map((name) => [name, join(ROOT, name)]),
        ...parts.map((name) => [name, join(BUILD, name)])
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
  await bundle(join(BUILD, 'txtoken.cjs'))
  await rehearse(ownRuntime)
  for (const name of wanted) {
    const target = name === own ? ownRuntime : fetchRuntime(name, version)
    const output = await buildBinary(name, { own: ownRuntime, target })
    process.stdout.write(`${output}, Node.js ${version}\n`)
  }
}

await main(process.argv.slice(2))
