import test from 'ava'
import { createGather, createIssue, type IssueRequest, type Source } from '../../src/issue/issue.ts'
import type { Sign } from '../../src/issue/sign.ts'
import { parseJsonText, toJsonText } from '../../src/json/json-text.ts'
import { createTestRequest } from '../helpers/issue-request.ts'

const request = createTestRequest()

/** Writes the claims and their validity down, instead of signing them. */
const writeClaims: Sign = async (claims, { lifetimeSeconds, expiresAt }) => ({
  token: `${[...claims].map((claim) => claim.join('=')).join(' ')} for ${lifetimeSeconds} until ${expiresAt}`,
  issuedAt: 0,
  expiresAt: 0
})

/** Issues with sources for a minute. */
async function issueWith(sources: Source[], given: IssueRequest = request): Promise<string> {
  const issue = createIssue({
    gather: createGather(sources),
    sign: writeClaims,
    lifetimeSeconds: 60
  })
  return (await issue(given)).token
}

function giving(...claims: [string, number][]): Source {
  return () => new Map(claims.map(([name, value]) => [name, toJsonText(value)]))
}

test('claims keep the order in which sources name them, and the value of the last source', async (t) => {
  const sources = [giving(['b', 1], ['a', 1]), async () => giving(['c', 2], ['b', 2])(request)]
  t.is(await issueWith(sources), 'b=2 a=1 c=2 for 60 until undefined')
})

test('sources are called one after the other, with the unchanged request', async (t) => {
  const seen: unknown[] = []
  const source: Source = async (given) => {
    seen.push(given, 'begun')
    await new Promise(setImmediate)
    seen.push('ended')
    return new Map()
  }
  await issueWith([source, source])
  t.deepEqual(seen, [request, 'begun', 'ended', request, 'begun', 'ended'])
})

test('after the error of a source nothing is signed, and no further source is called', async (t) => {
  const gather = createGather([
    () => {
      throw new Error('refused')
    },
    () => {
      t.fail()
      return new Map()
    }
  ])
  const sign: Sign = () => {
    t.fail()
    return Promise.reject(new Error('signed'))
  }
  const issue = createIssue({ gather, sign, lifetimeSeconds: 1 })
  await t.throwsAsync(issue(request), { message: 'refused' })
})

test('the JSON text of claims stays unchanged', async (t) => {
  const text = parseJsonText('[1.10,1e400]', 9)
  t.is(await issueWith([() => new Map([['a', text]])]), 'a=[1.10,1e400] for 60 until undefined')
})

test('a source may limit how long its claims are valid', async (t) => {
  const given = createTestRequest()
  const source: Source = ({ limit }) => {
    limit.expiresAt = 7
    return new Map()
  }
  t.is(await issueWith([source], given), ' for 60 until 7')
})
