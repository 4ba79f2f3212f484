import test from 'ava'
import { createServiceBearer } from '../../src/issue/service-bearer.ts'
import { toJsonText } from '../../src/json/json-text.ts'

const data = toJsonText({ authorization: 'internal' })

/** A signer that counts its calls, and returns what the test decides. */
function createSigner(answer: (call: number) => string | Promise<string>) {
  const payloads: string[] = []
  return {
    payloads,
    sign(payload: string) {
      payloads.push(payload)
      return answer(payloads.length)
    }
  }
}

test('it is signed once, and again ten minutes before it expires', (t) => {
  let now = 0
  const signer = createSigner((call) => `token ${call}`)
  const bearer = createServiceBearer({ data, signer: signer.sign, now: () => now })
  t.is(signer.payloads.length, 0)
  t.is(bearer(), 'Bearer token 1')
  now = 2_999_999
  t.is(bearer(), 'Bearer token 1')
  now = 3_000_000
  t.is(bearer(), 'Bearer token 2')
  now = 5_999_999
  t.is(bearer(), 'Bearer token 2')
  const written = (exp: number) =>
    `{"data":{"authorization":"internal"},"txtoken_use":"service-bearer","exp":${exp}}`
  t.deepEqual(signer.payloads, [written(3600), written(6600)])
})

test('a signer that fails at once fails the call, and the next call tries again', (t) => {
  const signer = createSigner((call) => {
    if (call === 1) throw new Error('no key')
    return 'token'
  })
  const bearer = createServiceBearer({ data, signer: signer.sign, now: () => 0 })
  t.throws(bearer, { message: 'no key' })
  t.is(bearer(), 'Bearer token')
})

test('calls at the same time wait for one signature', async (t) => {
  const signer = createSigner(async (call) => `token ${call}`)
  const bearer = createServiceBearer({ data, signer: signer.sign, now: () => 0 })
  t.deepEqual(await Promise.all([bearer(), bearer(), bearer()]), Array(3).fill('Bearer token 1'))
  t.is(await bearer(), 'Bearer token 1')
  t.is(signer.payloads.length, 1)
})

test('a signer that fails later fails all waiting calls, and the next call tries again', async (t) => {
  const signer = createSigner((call) =>
    call === 1 ? Promise.reject(new Error('no key')) : Promise.resolve('token')
  )
  const bearer = createServiceBearer({ data, signer: signer.sign, now: () => 0 })
  const waiting = [bearer(), bearer()]
  for (const one of waiting) await t.throwsAsync(async () => one, { message: 'no key' })
  t.is(await bearer(), 'Bearer token')
  t.is(signer.payloads.length, 2)
})

test('an old signature that fails late does not affect the new one', async (t) => {
  let now = 0
  let fail: (error: Error) => void = () => {}
  const late = new Promise<string>((_resolve, reject) => (fail = reject))
  const signer = createSigner((call) => (call === 1 ? late : `token ${call}`))
  const bearer = createServiceBearer({ data, signer: signer.sign, now: () => now })
  const first = bearer()
  now = 3_000_000
  t.is(bearer(), 'Bearer token 2')
  fail(new Error('no key'))
  await t.throwsAsync(async () => first, { message: 'no key' })
  t.is(bearer(), 'Bearer token 2')
})
