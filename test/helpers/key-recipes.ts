/** The recipes of docs/keys/, with the files in them. */
import type { ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import type { Algorithm } from '../../src/keys/key.ts'
import { createAuthority } from './certificates.ts'
import { findCode, listPages } from './documentation.ts'
import { writeFiles } from './folder.ts'
import { generateKeys, toPem } from './keys.ts'

/** Where the pages have files that are not named by a path from the configuration on. */
const FOLDERS = /\/(?:etc|run\/secrets)\/txtoken\//g

/** The blocks of one kind under a heading of the pages about keys, in their order. */
export function findRecipe(heading: string, info: string): string[] {
  return listPages('docs/keys').flatMap((page) => findCode(page, heading, info))
}

/** The complete configurations under a heading: one of keys alone gets the rest from the first one of `docs/keys/signing.md`. */
export function readRecipe(heading: string): Record<string, unknown>[] {
  return findRecipe(heading, 'yaml').map(completeConfig)
}

/** @param text a configuration as it is on the page */
export function completeConfig(text: string): Record<string, unknown> {
  const config = parseYaml(text.replace(FOLDERS, '')) as Record<string, unknown>
  if ('routes' in config || !('keys' in config)) return config
  const [base = ''] = findRecipe('Make a key and issue with it', 'yaml')
  return { ...(parseYaml(base) as object), ...config }
}

/** The files that the pages name. RSA keys take long to make, so each is made once. */
function createKeyFiles(): Readonly<Record<string, string>> {
  const { key, cert } = createAuthority()
  const privatePem = (alg: Algorithm) => toPem(generateKeys(alg).signing)
  return {
    'es-2026.pem': privatePem('ES256'),
    'es-2026b.pem': privatePem('ES256'),
    'es-2027.pem': privatePem('ES256'),
    'rs-2026.pem': privatePem('RS256'),
    'ed-2026.pem': privatePem('EdDSA'),
    'tls.key': key,
    'tls.crt': cert,
    'partner-ca.pem': cert,
    'server.key': key,
    'server.crt': cert,
    'devices.crt': cert
  }
}

const keyFiles = createKeyFiles()

/** Writes a file for each name on the pages into a folder that ends with the test. */
export function writeKeyFiles(t: ExecutionContext): Promise<string> {
  return writeFiles(t, keyFiles)
}
