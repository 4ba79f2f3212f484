import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import test, { type ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import { generateReference } from '../../scripts/generate-reference.ts'
import { createFileSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parse } from '../helpers/config.ts'
import { createExampleEnvironment, readExamples } from '../helpers/examples.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const env = {
  ENC_KEY: 'a secret of thirty-two characters or more',
  FORMER_KEY: 'x'.repeat(32),
  API_KEY: 'an-api-key-of-20-characters',
  LDAP_PASSWORD: 'any',
  M1_API_KEY: 'an-api-key-of-20-characters'
}

const validate = new Ajv({ validateFormats: false }).compile(createFileSchema())

function isValid(t: ExecutionContext, yaml: string, name: string): void {
  t.true(validate(parseYaml(yaml)), `${name}: ${JSON.stringify(validate.errors)}`)
}

test('what is made from the schemas is up to date: npm run generate', (t) => {
  for (const { file, text } of generateReference()) {
    t.true(readFileSync(file, 'utf8') === text, `${file} is stale`)
  }
})

test('the example configurations are good, for the JSON Schema too', async (t) => {
  const exampleEnv = await createExampleEnvironment(t)
  for (const { name, file, text } of readExamples()) {
    t.notThrows(() => loadConfig({ file, env: exampleEnv }), name)
    isValid(t, text, name)
  }
})

test('each example names the JSON Schema to editors, by a path that leads to it', (t) => {
  for (const { file, text } of readExamples()) {
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? []
    t.is(resolve(dirname(file), path), `${ROOT}config.schema.json`, file)
  }
})

test('the examples on the page are good, for the JSON Schema too', (t) => {
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

test('the flat form on the page means the full form next to it', (t) => {
  const page = readFileSync(`${ROOT}docs/configuration.md`, 'utf8')
  const [flat = '', full = ''] = [...page.matchAll(/```yaml\n((?:port|listen):.*?)```/gs)].map(
    ([, text = '']) => text
  )
  t.deepEqual(parse(flat, { env }), parse(full, { env }))
})

test('the JSON Schema takes references and refuses mistakes', (t) => {
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
