/**
 * How long one hostile input keeps other requests waiting, as a ratio to one `JSON.parse` of its bytes: `npx tsx bench/parsing.ts`. It
 * calls what the routes call, in this process, and shows the least of several runs.
 */
import { createSecretKey } from 'node:crypto'
import { createGather, type IssueRequest } from '../src/issue/issue.ts'
import { createSign } from '../src/issue/sign.ts'
import { createTakeClaims } from '../src/issue/sources/remote/reply.ts'
import { writeObject } from '../src/json/json-members.ts'
import { parseJsonBytes } from '../src/json/json-text.ts'
import { createHmacKey } from '../src/keys/kinds/hmac-key.ts'
import { readForm } from '../src/protocols/form.ts'
import { createSupertokensFormat } from '../src/protocols/supertokens/format.ts'
import { formatTable } from './report.ts'

const BYTES = 1024 * 1024
const RUNS = 5
const DEPTH = 64

/** As many items as one body can hold. */
function fill(open: string, item: (index: number) => string, close: string): string {
  const items: string[] = []
  let length = open.length + close.length
  for (let next = item(0); length + next.length < BYTES; next = item(items.length)) {
    items.push(next)
    length += next.length + 1
  }
  return open + items.join(',') + close
}

const inputs: Readonly<Record<string, string>> = {
  'distinct members': fill('{', (index) => `"${index.toString(36)}":1`, '}'),
  'long members': fill('{', (index) => `"member_${index}":"v${index}"`, '}'),
  'one member again': fill('{', () => '"a":1', '}'),
  'names with escapes': fill('{', (index) => `"\\u0061${index}":1`, '}'),
  'names that are indexes': fill('{', (index) => `"${index * 7}":1`, '}'),
  __proto__: fill('{', () => '"__proto__":1', '}'),
  'nested objects': fill('{"a":[', () => '{"a":{"b":{"c":1}}}', ']}'),
  'deep lists': fill('{"a":[', () => '['.repeat(60) + ']'.repeat(60), ']}'),
  'empty lists': fill('{"a":[', () => '[]', ']}'),
  zeros: fill('{"a":[', () => '0', ']}'),
  numbers: fill('{"a":[', (index) => `${index * 1.37}e5`, ']}'),
  'short strings': fill('{"a":[', () => '"ab"', ']}'),
  'spaces between': fill('{"a":[', () => ' 0', ']}'),
  'one long string': `{"a":"${'x'.repeat(BYTES)}"}`,
  'a string of escapes': `{"a":"${'\\u0061'.repeat(BYTES / 6)}"}`,
  'text beyond ASCII': `{"a":"${'é€'.repeat(BYTES / 5)}"}`
}

const key = createHmacKey({
  alg: 'HS256',
  material: createSecretKey('s'.repeat(40), 'utf8'),
  kid: undefined
})
const sign = createSign({ signer: key.sign ?? String, now: Date.now })
const validity = { lifetimeSeconds: 60 }
const supertokens = createSupertokensFormat({ mostSeconds: 60, maxDepth: DEPTH })

/** From the bytes of a reply to the claims of a token. */
function issueBy(take: ReturnType<typeof createTakeClaims>) {
  const gather = createGather([({ body }) => take(parseJsonBytes(body, DEPTH))])
  return async (body: Buffer) => gather({ body } as unknown as IssueRequest)
}

const merge = issueBy(createTakeClaims({}))
const drop = issueBy(createTakeClaims({ drop: ['*_secret', 'password'] }))
const pick = issueBy(
  createTakeClaims({
    pick: ['b', 'c', 'd', 'e', 'f'].map((claim) => ({ claim, path: [claim], isOptional: true }))
  })
)

const work: Readonly<Record<string, (body: Buffer, text: string) => unknown>> = {
  'body alone': (body) => parseJsonBytes(body, DEPTH),
  merge,
  drop,
  'pick 5': pick,
  'merge, signed': async (body) => sign(await merge(body), validity),
  claims: async (body) => writeObject(await merge(body)),
  '/recipe/jwt': (_, text) => {
    const body = Buffer.from(
      `{"algorithm":"RS256","jwksDomain":"x","validity":5,"payload":${text}}`
    )
    const request = { method: 'POST', headers: {}, body }
    return supertokens.read(request as Parameters<typeof supertokens.read>[0])
  }
}

/** Milliseconds of processor time, the least of some runs. Errors count as well. */
async function measure(run: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let count = 0; count < RUNS; count++) {
    const before = process.cpuUsage()
    try {
      await run()
    } catch {
      // For example too many members.
    }
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

const rows: string[][] = []
for (const [name, text] of Object.entries(inputs)) {
  const body = Buffer.from(text)
  const parse = await measure(() => JSON.parse(body.toString()))
  const ratios: string[] = []
  for (const run of Object.values(work)) {
    ratios.push(((await measure(() => run(body, text))) / parse).toFixed(1))
  }
  rows.push([name, parse.toFixed(1), ...ratios])
}
const head = ['1 MiB of', 'JSON.parse ms', ...Object.keys(work)]
process.stdout.write(`${formatTable({ head, rows })}\n\n`)

const forms: Readonly<Record<string, string>> = {
  'plus signs': `a=${'+'.repeat(BYTES)}`,
  'percent signs': `a=${'%'.repeat(BYTES)}`,
  'escapes that are no UTF-8': `a=${'%ff'.repeat(BYTES / 3)}`,
  fields: fill('', (index) => `f${index}=1`, '').replaceAll(',', '&')
}
for (const [name, text] of Object.entries(forms)) {
  const body = Buffer.from(text)
  const milliseconds = await measure(() => readForm(body))
  process.stdout.write(`a form of ${name}: ${milliseconds.toFixed(1)} ms\n`)
}
