/** The example configurations of the project, and what they need to be loaded. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { writeFiles } from './folder.ts'
import { generateKeys, toPem } from './keys.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Example {
  /** From the root of the project on. */
  readonly name: string
  readonly file: string
  readonly text: string
}

/** All of them, also in subfolders. Files for other programs have no routes. */
export function readExamples(): readonly Example[] {
  const inFolders = readdirSync(`${ROOT}examples`, { recursive: true, encoding: 'utf8' })
  return ['example_cfg.yml', ...inFolders.map((name) => `examples/${name}`)]
    .filter((name) => name.endsWith('.yml') && !name.includes('node_modules'))
    .map((name) => ({ name, file: ROOT + name, text: readFileSync(ROOT + name, 'utf8') }))
    .filter(({ text }) => /^(?:routes|getTokenRoute):/m.test(text))
}

/** The environment of the examples, with the keys that they read from files, in a folder that ends with the test. */
export async function createExampleEnvironment(t: ExecutionContext) {
  const KEYS_DIR = await writeFiles(t, {
    'identity-provider.pub': toPem(generateKeys('RS256').verifying),
    'okera.pub': toPem(generateKeys('RS512').verifying)
  })
  return {
    ENC_KEY: 'a secret of thirty-two characters or more',
    API_KEY: 'an-api-key-of-20-characters',
    M1_API_KEY: 'an-api-key-of-20-characters',
    LDAP_PASSWORD: 'any',
    KEYS_DIR,
    THEMIS_KEYS_DIR: `${KEYS_DIR}/themis`
  }
}
