import test from 'ava'
import { isNoServiceBearer } from '../../../src/check/requirements/bearer-requirement.ts'

test('the mark of a service bearer counts at the top, with its own value', (t) => {
  t.throws(() => isNoServiceBearer({ claims: { txtoken_use: 'service-bearer' } }), {
    message: /^Token is a service bearer/
  })
  t.notThrows(() => isNoServiceBearer({ claims: {} }))
  t.notThrows(() => isNoServiceBearer({ claims: { txtoken_use: ['service-bearer'] } }))
  t.notThrows(() => isNoServiceBearer({ claims: { data: { txtoken_use: 'service-bearer' } } }))
})
