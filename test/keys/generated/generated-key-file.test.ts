import test from 'ava'
import { generateMaterial } from '../../../src/keys/generated/generate-material.ts'
import { formatKeyFile, parseKeyFile } from '../../../src/keys/generated/generated-key-file.ts'

test('kids are made by their pattern', async (t) => {
  const material = await generateMaterial('EdDSA')
  const schedule = { createdAt: 1_893_456_000_123, signsFrom: 0, longestLifetimeMs: 0 }
  const kidOf = (pattern?: string) =>
    parseKeyFile(formatKeyFile('EdDSA', material, schedule, pattern), 'EdDSA', undefined).key.kid
  t.is(kidOf('d-{milliseconds}'), 'd-1893456000123')
  t.regex(kidOf('s-{uuid}'), /^s-[0-9a-f-]{36}$/)
  t.is(kidOf('x.{thumbprint}'), `x.${kidOf()}`)
  t.regex(kidOf(), /^[\w-]{43}$/)
})
