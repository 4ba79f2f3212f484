/** Properties of the Dockerfile, read from its text. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { copiesOf, readDockerfile, textsOf, valuesOf } from '../helpers/read-dockerfile.ts'

const ROOT = join(import.meta.dirname, '../..')

const { globalArguments, stages, image } = readDockerfile()
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

test('one argument names the version of Node.js in every image', (t) => {
  t.is(globalArguments.NODE_VERSION, '26')
  const names = stages.map(({ name }) => name)
  const outside = stages.map(({ base }) => base).filter((base) => !names.includes(base))
  t.is(outside.length, 3)
  for (const base of outside) t.true(/\$\{NODE_VERSION\}/.test(base), base)
})

test('the image that runs has no shell and nothing to install with', (t) => {
  t.regex(image.base, /^gcr\.io\/distroless\/nodejs\$\{NODE_VERSION\}-debian13:nonroot$/)
  t.deepEqual(textsOf(image, 'RUN'), [])
})

test('code is compiled ahead by the Node.js that runs it, on the processor of the builder', (t) => {
  const source = copiesOf(image).find(({ destination }) => destination === '/app/dist')?.from
  const compiled = stages.find(({ name }) => name === source)
  t.is(compiled?.base, image.base)
  t.deepEqual(textsOf(compiled ?? image, 'RUN'), [
    '["/nodejs/bin/node", "scripts/compile-ahead.js", "dist/program.cjs", "."]'
  ])
})

test('the user is a number and not root', (t) => {
  t.regex(textsOf(image, 'USER').at(-1) ?? '', /^[1-9]\d*:[1-9]\d*$/)
})

test('the user of the image does not own the folder of the program', (t) => {
  for (const { flags } of copiesOf(image)) {
    t.false(flags.some((flag) => flag.startsWith('--chown')))
  }
  const keywords = image.instructions.map(({ keyword }) => keyword)
  t.true(keywords.indexOf('WORKDIR') > keywords.lastIndexOf('COPY'))
})

test('node is process 1, without a shell before it', (t) => {
  t.deepEqual(JSON.parse(textsOf(image, 'ENTRYPOINT')[0] ?? ''), ['node', 'dist/main.js'])
  t.deepEqual(JSON.parse(textsOf(image, 'CMD')[0] ?? ''), ['serve'])
  t.is(valuesOf(image, 'ENV').PATH?.split(':')[0], '/nodejs/bin')
  t.deepEqual(textsOf(image, 'WORKDIR'), ['/app'])
})

test('the program checks its own health, without a shell', (t) => {
  const command = /\sCMD\s+(\[.*\])$/.exec(textsOf(image, 'HEALTHCHECK')[0] ?? '')?.[1]
  t.deepEqual(JSON.parse(command ?? ''), ['node', 'dist/main.js', 'healthcheck'])
})

test('the environment is set to production, and holds no secret', (t) => {
  const environment = valuesOf(image, 'ENV')
  t.is(environment.NODE_ENV, 'production')
  t.is(environment.CFG_FILE, '/config/txtoken.yml')
  t.regex(environment.NODE_OPTIONS ?? '', /^--max-old-space-size=\d+ --max-semi-space-size=\d+$/)
  const names = stages.flatMap((stage) => [
    ...Object.keys(valuesOf(stage, 'ENV')),
    ...Object.keys(valuesOf(stage, 'ARG'))
  ])
  t.deepEqual(
    names.filter((name) => /KEY|SECRET|TOKEN|PASSWORD/i.test(name)),
    []
  )
})

test('only packages that the program loads from outside of its bundle are in the image', (t) => {
  const copies = copiesOf(image)
  const source = copies.find(({ destination }) => destination === '/app/node_modules')
  t.deepEqual(source?.sources, ['/app/packages/node_modules'])
  const build = stages.find(({ name }) => name === source?.from)
  t.regex(textsOf(build ?? image, 'RUN').join('\n'), /npm run build:packages packages$/)
  t.deepEqual(copies.map(({ destination }) => destination).toSorted(), [
    '/app/',
    '/app/dist',
    '/app/node_modules'
  ])
})

test('packages are installed before sources are copied, and are cached outside of the layers', (t) => {
  const installs = stages.flatMap((stage) =>
    textsOf(stage, 'RUN').filter((text) => text.includes('npm ci'))
  )
  t.is(installs.length, 1)
  for (const install of installs) {
    t.regex(install, /^--mount=type=cache,target=\/root\/\.npm /)
  }
  for (const { instructions } of stages) {
    const install = instructions.findIndex(({ text }) => text.includes('npm ci'))
    const sources = instructions.findIndex(({ text }) => text.startsWith('src '))
    t.true(sources === -1 || (install !== -1 && install < sources))
  }
})

test('the build gets exactly the files that it copies', (t) => {
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.is(lines[0], '*')
  const allowed = lines.slice(1).map((line) => line.replace(/^!/, ''))
  t.is(lines.filter((line) => line.startsWith('!')).length, allowed.length)

  const copied = stages.flatMap((stage) =>
    copiesOf(stage).flatMap(({ from, sources }) => (from === undefined ? sources : []))
  )
  t.deepEqual(allowed.toSorted(), [...new Set(copied)].toSorted())
  for (const path of allowed) t.true(existsSync(join(ROOT, path)), path)
})

test('the labels agree with package.json', (t) => {
  const labels = valuesOf(image, 'LABEL')
  t.is(labels['org.opencontainers.image.title'], manifest.name)
  t.is(labels['org.opencontainers.image.description'], manifest.description)
  t.is(labels['org.opencontainers.image.licenses'], manifest.license)
  t.regex(labels['org.opencontainers.image.version'] ?? '', /^\$\{VERSION\}$/)
  t.is(valuesOf(image, 'ARG').VERSION, manifest.version)
  t.regex(labels['org.opencontainers.image.revision'] ?? '', /^\$\{REVISION\}$/)
})
