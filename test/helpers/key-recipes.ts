/** The recipes of docs/keys.md, with the files that they speak of. */
import type { ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import type { Algorithm } from '../../src/keys/key.ts'
import { createAuthority } from './certificates.ts'
import { findCode } from './documentation.ts'
import { writeFiles } from './folder.ts'
import { generateKeys, toPem } from './keys.ts'

export const KEYS_PAGE = 'docs/keys.md'

/** Where the page has files that are not named by a path from the configuration on. */
const FOLDERS = /\/(?:etc|run\/secrets)\/txtoken\//g

/** The configurations under a heading, whole: those of keys alone get the rest from the first one on the page. */
export function readRecipe(heading: string): Record<string, unknown>[] {
  return findCode(KEYS_PAGE, heading, 'yaml').map(completeConfig)
}

/** @param text a configuration as it stands on the page */
export function completeConfig(text: string): Record<string, unknown> {
  const config = parseYaml(text.replace(FOLDERS, '')) as Record<string, unknown>
  if ('routes' in config || !('keys' in config)) return config
  const [base = ''] = findCode(KEYS_PAGE, 'Make a key and issue with it', 'yaml')
  return { ...(parseYaml(base) as object), ...config }
}

/** The files that the page names. RSA keys take long to make, so each is made once. */
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
    'partner-ca.pem': cert
  }
}

const keyFiles = createKeyFiles()

/** Writes a file for each name on the page into a folder that ends with the test. */
export function writeKeyFiles(t: ExecutionContext): Promise<string> {
  return writeFiles(t, keyFiles)
}
