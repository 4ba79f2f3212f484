import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import test, { type ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import { generateReference } from '../../scripts/generate-reference.ts'
import { createFileSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { parse } from '../helpers/config.ts'
import { createExampleEnvironment, readExamples } from '../helpers/examples.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const env = {
  ENC_KEY: 'a secret of thirty-two characters or more',
  FORMER_KEY: 'a secret of thirty-two characters or more',
  API_KEY: 'an-api-key-of-20-characters',
  LDAP_PASSWORD: 'any',
  M1_API_KEY: 'an-api-key-of-20-characters'
}

const validate = new Ajv({ validateFormats: false }).compile(createFileSchema())

function isValid(t: ExecutionContext, yaml: string, name: string): void {
  t.true(validate(parseYaml(yaml)), `${name}: ${JSON.stringify(validate.errors)}`)
}

test('files generated from the schemas are up to date: npm run generate', async (t) => {
  for (const { file, text } of await generateReference()) {
    t.true(readFileSync(file, 'utf8') === text, `${file} is stale`)
  }
})

test('the example configurations are valid, for the JSON Schema too', async (t) => {
  const exampleEnv = await createExampleEnvironment(t)
  for (const { name, file, text } of readExamples()) {
    t.notThrows(() => loadConfig({ file, env: exampleEnv }), name)
    isValid(t, text, name)
  }
})

test('each example names the JSON Schema for editors, by a path that exists', (t) => {
  for (const { file, text } of readExamples()) {
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? []
    t.is(resolve(dirname(file), path), `${ROOT}config.schema.json`, file)
  }
})

test('the examples on the page are valid, for the JSON Schema too', (t) => {
  const page = readFileSync(`${ROOT}docs/configuration.md`, 'utf8')
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)]
    .map(([, text = '']) => text)
    .filter((text) => parseYaml(text) !== null)
  t.is(examples.length, 3)
  for (const text of examples) {
    isValid(t, text, text)
    t.notThrows(() =>
      parse(text.replace('{ file: /run/secrets/main }', '{ env: ENC_KEY }'), { env })
    )
  }
})

test('the flat form on the page becomes the full form next to it', (t) => {
  const page = readFileSync(`${ROOT}docs/configuration.md`, 'utf8')
  const [flat = '', full = ''] = [...page.matchAll(/```yaml\n((?:port|listen):.*?)```/gs)].map(
    ([, text = '']) => text
  )
  t.deepEqual(parse(flat, { env }), parse(full, { env }))
})

/** Examples that have most settings between them. */
const VARIED = ['example_cfg.yml', 'examples/okera.yml', 'examples/themis.yml']

/** A configuration with something unexpected in it, at a path: a key in one of its maps, or a map in place of one of its values. */
type Surprise = readonly [path: string, tree: unknown]

function* withSurprises(tree: unknown): Generator<Surprise> {
  yield ['', { unexpected: 1 }]
  if (typeof tree !== 'object' || tree === null) return
  if (!Array.isArray(tree)) yield ['', { ...tree, unexpected: 1 }]
  for (const [key, value] of Object.entries(tree)) {
    for (const [path, other] of withSurprises(value)) {
      const changed = Array.isArray(tree)
        ? tree.with(Number(key), other)
        : { ...tree, [key]: other }
      yield [`/${key}${path}`, changed]
    }
  }
}

test('the shipped JSON Schema accepts what the loader accepts, and rejects unexpected keys and values', async (t) => {
  t.timeout(60_000)
  const exampleEnv = await createExampleEnvironment(t)
  const shipped = new Ajv({ validateFormats: false }).compile(
    JSON.parse(readFileSync(`${ROOT}config.schema.json`, 'utf8'))
  )
  const count = { taken: 0, rejected: 0 }
  for (const { name, text } of readExamples().filter(({ name }) => VARIED.includes(name))) {
    for (const [path, tree] of withSurprises(parseYaml(text))) {
      const problems = findProblems(tree, exampleEnv)
      count[problems.length === 0 ? 'taken' : 'rejected']++
      if (problems.length === 0) t.true(shipped(tree), `${name}${path} is rejected`)
      // Problems that it causes elsewhere are beyond a schema.
      if (problems.some((one) => one.startsWith(path)))
        t.false(shipped(tree), `${name}${path} is taken`)
    }
  }
  t.true(count.taken > 10 && count.rejected > 100, JSON.stringify(count))
})

/** The paths of problems. */
function findProblems(tree: unknown, exampleEnv: Record<string, string>): string[] {
  try {
    parse(JSON.stringify(tree), { env: exampleEnv })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ path }) => ['', ...path].join('/'))
  }
}

test('the JSON Schema takes references and rejects mistakes', (t) => {
  const least = { encKey: '${ENC_KEY}', remote: 'http://a' }
  t.true(validate({ ...least, port: '${PORT:-8888}', debug: '${DEBUG}' }))
  t.true(validate({ ...least, encKey: { file: '/run/secrets/key' } }))
  for (const mistake of [
    { port: 'http' },
    { port: 70_000 },
    { prot: 1 },
    { debug: 'yes' },
    { encKey: { fiel: 'x' } },
    { encKey: { file: 'x', env: 'X' } },
    { getTokenRoute: 'getToken' },
    { statuses: 'relayed' }
  ]) {
    t.false(validate({ ...least, ...mistake }), JSON.stringify(mistake))
  }
  t.false(validate({}))
  t.false(validate({ keys: [{ alg: 'HS256', secret: 'x', jwks: 'y' }], routes: [{ keys: '/k' }] }))
})
