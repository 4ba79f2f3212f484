import test from 'ava'
import { createTokenId } from '../../src/issue/token-id.ts'

test('ids are 16 bytes in base64url, and none comes twice', (t) => {
  const ids = Array.from({ length: 1000 }, createTokenId)
  for (const id of ids) t.regex(id, /^[\w-]{22}$/)
  t.is(new Set(ids).size, ids.length)
})
