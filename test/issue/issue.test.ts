import test from 'ava'
import { createIssue, type IssueRequest, type Source } from '../../src/issue/issue.ts'
import { parseJsonText, toJsonText } from '../../src/json/json-text.ts'

const request: IssueRequest = { body: Buffer.from('{}'), onAbort: () => {}, trace: {} }
const writeClaims = (claims: ReadonlyMap<string, string>, lifetimeSeconds: number) =>
  `${[...claims].map((claim) => claim.join('=')).join(' ')} for ${lifetimeSeconds}`

function giving(...claims: [string, number][]): Source {
  return () => new Map(claims.map(([name, value]) => [name, toJsonText(value)]))
}

test('claims keep the order in which sources name them, and the value of the last source', async (t) => {
  const issue = createIssue({
    sources: [giving(['b', 1], ['a', 1]), async () => giving(['c', 2], ['b', 2])(request)],
    sign: writeClaims,
    lifetimeSeconds: 60
  })
  t.is(await issue(request), 'b=2 a=1 c=2 for 60')
})

test('sources are asked one after the other, with the request as it came', async (t) => {
  const seen: unknown[] = []
  const source: Source = async (given) => {
    seen.push(given, 'begun')
    await new Promise(setImmediate)
    seen.push('ended')
    return new Map()
  }
  const issue = createIssue({ sources: [source, source], sign: writeClaims, lifetimeSeconds: 1 })
  await issue(request)
  t.deepEqual(seen, [request, 'begun', 'ended', request, 'begun', 'ended'])
})

test('a source that refuses ends it: nothing is signed, and no further source is asked', async (t) => {
  const issue = createIssue({
    sources: [
      () => {
        throw new Error('refused')
      },
      () => {
        t.fail()
        return new Map()
      }
    ],
    sign: () => {
      t.fail()
      return ''
    },
    lifetimeSeconds: 1
  })
  await t.throwsAsync(issue(request), { message: 'refused' })
})

test('texts of claims are not touched on their way', async (t) => {
  const text = parseJsonText('[1.10,1e400]', 9)
  const issue = createIssue({
    sources: [() => new Map([['a', text]])],
    sign: writeClaims,
    lifetimeSeconds: 1
  })
  t.is(await issue(request), 'a=[1.10,1e400] for 1')
})
