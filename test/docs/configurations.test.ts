import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from '../helpers/config.ts'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { completeConfig, KEYS_PAGE, writeKeyFiles } from '../helpers/key-recipes.ts'

const env = {
  ENC_KEY: 'a secret of thirty-two characters or more',
  API_KEY: 'an-api-key-of-20-characters',
  LDAP_PASSWORD: 'any',
  GROUPS_AUTHORIZATION: 'Bearer any',
  M1_API_KEY: 'an-api-key-of-20-characters-or-more'
}

/** docs/configuration.md has tests of its own, beside those of the schema that it is made from. */
const pages = [
  'README.md',
  ...readdirSync(join(import.meta.dirname, '../../docs')).map((name) => `docs/${name}`)
].filter((page) => page.endsWith('.md') && page !== 'docs/configuration.md')

for (const page of pages) {
  for (const [index, { text, heading }] of readConfigurations(page).entries()) {
    test(`${page}, ${heading}: configuration ${index + 1} of the page is good`, async (t) => {
      const folder = await writeKeyFiles(t)
      t.notThrows(() => parse(completeConfig(text), { env, folder }), text)
    })
  }
}

test('there are configurations on the page about keys, and they are found', (t) => {
  t.true(readConfigurations(KEYS_PAGE).length >= 10)
})

function readConfigurations(page: string) {
  return readCodeBlocks(page).filter(({ info }) => info === 'yaml')
}
