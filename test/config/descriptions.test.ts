import test from 'ava'
import { createFormSchemas, type JsonSchema } from '../../src/config/json-schema.ts'

interface Setting {
  readonly path: string
  readonly schema: JsonSchema
}

/** Every setting, with all those inside of it. */
function settingsIn({ properties = {}, items, anyOf = [] }: JsonSchema, path: string): Setting[] {
  return [
    ...Object.entries(properties).flatMap(([key, schema]) => [
      { path: `${path}.${key}`, schema },
      ...settingsIn(schema, `${path}.${key}`)
    ]),
    ...(items === undefined ? [] : settingsIn(items, `${path}[]`)),
    ...anyOf.flatMap((variant) => settingsIn(variant, path))
  ]
}

const settings = Object.entries(createFormSchemas()).flatMap(([form, schema]) =>
  settingsIn(schema, form)
)

test('the settings of both forms are found', (t) => {
  const paths = settings.map(({ path }) => path)
  for (const path of [
    'flat.encKey',
    'full.listen.admin.port',
    'full.keys[].secret.file',
    'full.routes[].claims[].tls.ca',
    'full.routes[].verify[].keys'
  ]) {
    t.true(paths.includes(path), path)
  }
})

test('every setting has a description that is a sentence', (t) => {
  for (const { path, schema } of settings) {
    t.regex(schema.description ?? '', /^[A-Z`].*\.$/s, path)
  }
})

test('every setting with a default names it', (t) => {
  const withDefault = settings.filter(
    ({ schema }) => schema.default !== undefined && schema.properties === undefined
  )
  t.true(withDefault.length > 20)
  for (const { path, schema } of withDefault) {
    const wordings = ['.', ',', ';'].map((end) => ` Default: ${String(schema.default)}${end}`)
    t.true(
      wordings.some((text) => schema.description?.includes(text)),
      `${path} is ${schema.default}`
    )
  }
})
