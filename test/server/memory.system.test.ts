/** The setting `memory`, measured from outside: the size of the young generation of the heap under load. */
import test, { type ExecutionContext } from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { post, send } from '../helpers/http.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const AT_ONCE = 32
const ROUNDS = 40
const MIB = 1024 ** 2

/** Runs logins and checks, all of which must be right, and returns the bytes of the young generation after them. */
async function youngGeneration(t: ExecutionContext, more: object): Promise<number> {
  const remote = await startRemote(t, replying(JSON.stringify({ id: 1, text: 'x'.repeat(8000) })))
  const listen = { main: { host: '127.0.0.1', port: 0 } }
  const { url } = await runService(t, fullConfig(remote.url, { more: { listen, ...more } }), {
    ENC_KEY
  })
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const issued = await post(`${url}/getToken`, '{"email":"a"}')
        const checked = await post(`${url}/checkToken`, issued.text)
        if (checked.status !== 200) t.fail(`${issued.status} ${checked.status} ${checked.text}`)
      })
    )
  }
  const { text } = await send(`${url}/metrics`)
  const size = /^nodejs_heap_space_size_total_bytes\{space="new"\} (\d+)$/m.exec(text)?.[1]
  return Number(size)
}

test('with memory: small the young generation keeps its initial size, and answers are right', async (t) => {
  const small = await youngGeneration(t, { memory: 'small' })
  const normal = await youngGeneration(t, {})
  t.true(small <= 4 * MIB, `${small}`)
  t.true(normal >= 2 * small, `${normal} and ${small}`)
})
