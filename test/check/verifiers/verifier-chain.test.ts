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
const refuses =
  (message: string): Verifier =>
  async () => {
    throw invalidToken(message, 'signature')
  }
const cannotBeAsked: Verifier = async () => {
  throw checkUnavailable(new Error('down'))
}

function runChain(verifiers: readonly Verifier[], after: 'refusal' | 'unavailable' | 'both') {
  const afterRefusal = after !== 'unavailable'
  const afterUnavailable = after !== 'refusal'
  const verify = createVerifierChain({ verifiers, afterRefusal, afterUnavailable })
  return (async () => verify(parseToken(makeToken('{}'), 9)))()
}

test('a later verifier may accept what an earlier one rejects, or is not asked for', async (t) => {
  const verified = await runChain([isNotMine, refuses('one'), accepts, breaks], 'refusal')
  t.is(verified?.claims.sub, 'ada')
})

test('a later verifier may accept where an earlier one cannot be asked, if so configured', async (t) => {
  t.truthy(await runChain([cannotBeAsked, accepts], 'unavailable'))
  await t.throwsAsync(runChain([cannotBeAsked, accepts], 'refusal'), { code: 'check_unavailable' })
  await t.throwsAsync(runChain([refuses('one'), accepts], 'unavailable'), { message: 'one' })
})

test('where all reject, the last rejection is the answer', async (t) => {
  await t.throwsAsync(runChain([refuses('one'), refuses('two'), isNotMine], 'both'), {
    message: 'two'
  })
})

test('where none accepts and one could not be asked, that is the answer', async (t) => {
  await t.throwsAsync(runChain([cannotBeAsked, refuses('one')], 'both'), {
    code: 'check_unavailable'
  })
  await t.throwsAsync(runChain([refuses('one'), cannotBeAsked, isNotMine], 'both'), {
    code: 'check_unavailable'
  })
})

test('what is accepted after somebody has passed is not to be remembered', async (t) => {
  const remembers: Verifier = () => ({ claims: {}, isCurrent: () => true })
  t.true((await runChain([isNotMine, remembers], 'both'))?.isCurrent?.())
  t.is((await runChain([refuses('one'), remembers], 'both'))?.isCurrent, undefined)
  t.is((await runChain([cannotBeAsked, remembers], 'both'))?.isCurrent, undefined)
})

test('a token of an unknown issuer has no verifier, and a bug of ours ends the chain', async (t) => {
  t.is(await runChain([isNotMine, isNotMine], 'both'), undefined)
  await t.throwsAsync(runChain([breaks, accepts], 'both'), { message: 'broken' })
})
