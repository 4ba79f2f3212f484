import test from 'ava'
import type { Verifier } from '../../../src/check/check.ts'
import { createVerifierChain } from '../../../src/check/verifiers/verifier-chain.ts'
import { checkUnavailable, invalidToken } from '../../../src/errors.ts'
import { parseToken } from '../../../src/keys/token.ts'
import { makeToken } from '../../helpers/tokens.ts'

const accepts: Verifier = () => ({ claims: { sub: 'ada' } })
const isNotMine: Verifier = () => undefined
const breaks: Verifier = () => {
  throw new TypeError('broken')
}
const rejects =
  (message: string): Verifier =>
  async () => {
    throw invalidToken(message, 'signature')
  }
const isUnavailable: Verifier = async () => {
  throw checkUnavailable(new Error('down'))
}

function runChain(verifiers: readonly Verifier[], after: 'rejection' | 'unavailable' | 'both') {
  const afterRefusal = after !== 'unavailable'
  const afterUnavailable = after !== 'rejection'
  const verify = createVerifierChain({ verifiers, afterRefusal, afterUnavailable })
  return (async () => verify(parseToken(makeToken('{}'), 9)))()
}

test('a later verifier may accept a token that an earlier one rejects or does not know', async (t) => {
  const verified = await runChain([isNotMine, rejects('one'), accepts, breaks], 'rejection')
  t.is(verified?.claims.sub, 'ada')
})

test('a later verifier may accept where an earlier one is unavailable, if so configured', async (t) => {
  t.truthy(await runChain([isUnavailable, accepts], 'unavailable'))
  await t.throwsAsync(runChain([isUnavailable, accepts], 'rejection'), {
    code: 'check_unavailable'
  })
  await t.throwsAsync(runChain([rejects('one'), accepts], 'unavailable'), { message: 'one' })
})

test('where all verifiers reject, the last rejection is reported', async (t) => {
  await t.throwsAsync(runChain([rejects('one'), rejects('two'), isNotMine], 'both'), {
    message: 'two'
  })
})

test('where none accepts and one was unavailable, the check is unavailable', async (t) => {
  await t.throwsAsync(runChain([isUnavailable, rejects('one')], 'both'), {
    code: 'check_unavailable'
  })
  await t.throwsAsync(runChain([rejects('one'), isUnavailable, isNotMine], 'both'), {
    code: 'check_unavailable'
  })
})

test('a token that was accepted after another verifier failed is not cached', async (t) => {
  const cacheable: Verifier = () => ({ claims: {}, isCurrent: () => true })
  t.true((await runChain([isNotMine, cacheable], 'both'))?.isCurrent?.())
  t.is((await runChain([rejects('one'), cacheable], 'both'))?.isCurrent, undefined)
  t.is((await runChain([isUnavailable, cacheable], 'both'))?.isCurrent, undefined)
})

test('no verifier knows a token of an unknown issuer, and an unexpected error ends the chain', async (t) => {
  t.is(await runChain([isNotMine, isNotMine], 'both'), undefined)
  await t.throwsAsync(runChain([breaks, accepts], 'both'), { message: 'broken' })
})
