import test from 'ava'
import {
  createRequiredGroups,
  createResolveGroups,
  type GroupResolver
} from '../../../src/check/groups/group-resolver.ts'
import { createSubjectGroups } from '../../../src/check/groups/subject-groups.ts'
import { createTokenGroups } from '../../../src/check/groups/token-groups.ts'
import { checkUnavailable } from '../../../src/errors.ts'
import { parseTemplate } from '../../../src/settings/template.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'

const noAnswer: GroupResolver = () => undefined

/** Groups by subject from a list, and the subjects that were looked up. */
function createDirectory(
  groups: Readonly<Record<string, readonly string[]>>,
  { variables: claims } = parseTemplate('{sub}')
) {
  const clock = createFakeClock()
  const asked: string[] = []
  const resolve = createSubjectGroups({
    lookup: {
      claims,
      async find(texts) {
        const subject = [...texts.values()].join(' ')
        asked.push(subject)
        if (subject === 'broken') throw checkUnavailable(new Error('down'))
        return groups[subject]
      }
    },
    cache: { forMs: 30_000, entries: 2 },
    now: clock.now
  })
  return { clock, asked, resolve }
}

test('the groups come from the first place with an answer, in the configured order', async (t) => {
  const { resolve, asked } = createDirectory({ ada: ['staff'] })
  const inToken = createTokenGroups(['groups'])
  const ada = { sub: 'ada', groups: ['root'] }
  t.deepEqual(await createResolveGroups([inToken, resolve])(ada), ['root'])
  t.deepEqual(asked, [])
  t.deepEqual(await createResolveGroups([resolve, inToken])(ada), ['staff'])
  t.deepEqual(await createResolveGroups([inToken, noAnswer, resolve])({ sub: 'ada' }), ['staff'])
  t.deepEqual(await createResolveGroups([inToken, noAnswer, resolve])({ sub: 'nobody' }), [])
})

test('an empty list is an answer, and no other place is asked', async (t) => {
  const { resolve, asked } = createDirectory({ ada: ['staff'] })
  const chain = createResolveGroups([createTokenGroups(['groups']), resolve])
  t.deepEqual(await chain({ sub: 'ada', groups: [] }), [])
  t.deepEqual(asked, [])
})

test('an unavailable place ends the check: no other place is asked instead', async (t) => {
  const { resolve } = createDirectory({})
  const chain = createResolveGroups([resolve, () => ['root']])
  await t.throwsAsync(Promise.resolve(chain({ sub: 'broken' })), { code: 'check_unavailable' })
})

test('names that differ in case alone are one group, in its first spelling', async (t) => {
  const chain = createResolveGroups([() => ['Root', 'ops', 'ROOT', 'Ops', 'öl', 'ÖL']])
  t.deepEqual(await chain({}), ['Root', 'ops', 'öl'])
})

test('groups may be in a claim of any name, and inside of another one', async (t) => {
  const roles = 'https://example.com/roles'
  t.deepEqual(await createTokenGroups([roles])({ [roles]: ['a'], groups: ['b'] }), ['a'])
  const nested = createTokenGroups(['realm_access', 'roles'])
  t.deepEqual(await nested({ realm_access: { roles: ['c'] } }), ['c'])
  t.is(await nested({ realm_access: 'none' }), undefined)
  t.is(await createTokenGroups(['toString'])({}), undefined)
  // The null of a list without items is an answer, so that no other place is asked.
  t.deepEqual(await createTokenGroups(['groups'])({ groups: null }), [])
})

for (const groups of ['root', false, 7, {}, ['root', 7], [['root']], ['']]) {
  test(`a token whose groups are ${JSON.stringify(groups)} is rejected`, async (t) => {
    const error = await t.throwsAsync(async () => createTokenGroups(['groups'])({ groups }), {
      code: 'invalid_token'
    })
    t.is(error?.message, 'Token claim groups is not a list of names')
  })
}

test('a token without a subject has no groups, and one whose subject is not a name is rejected', async (t) => {
  const { resolve, asked } = createDirectory({})
  t.is(await resolve({}), undefined)
  for (const sub of [7, '', null, ['ada'], 'ada\ud800', '\udfffada']) {
    await t.throwsAsync(async () => resolve({ sub }), { code: 'invalid_token' })
  }
  t.deepEqual(asked, [])
})

test('a look-up may use any claims, and the cache does not mix up their values', async (t) => {
  const template = parseTemplate('{user.upn|before:@} {staff}')
  const { resolve, asked } = createDirectory({ 'ada@a 7': ['staff'] }, template)
  t.deepEqual(await resolve({ user: { upn: 'ada@a' }, staff: 7 }), ['staff'])
  for (const claims of [
    { staff: 7 },
    { user: { upn: 'ada@a' } },
    { user: { upn: 'ada' }, staff: 7 },
    { user: { upn: 'ada@a@b' }, staff: 7 }
  ]) {
    t.is(await resolve(claims), undefined, JSON.stringify(claims))
  }
  t.is(await resolve({ user: { upn: 'a@b 7' }, staff: 'c' }), undefined)
  t.is(await resolve({ user: { upn: 'a@b' }, staff: '7 c' }), undefined)
  t.deepEqual(asked, ['ada@a 7', 'a@b 7 c', 'a@b 7 c'])
  for (const staff of [['7'], {}, null, true, 7.5, '']) {
    await t.throwsAsync(async () => resolve({ user: { upn: 'ada@a' }, staff }), {
      code: 'invalid_token'
    })
  }
})

test('groups that were found and empty results are cached for a while, failures are not', async (t) => {
  const { clock, asked, resolve } = createDirectory({ ada: ['staff'] })
  const [first, second] = await Promise.all([resolve({ sub: 'ada' }), resolve({ sub: 'ada' })])
  t.deepEqual([first, second], [['staff'], ['staff']])
  for (const sub of ['ada', 'nobody', 'nobody']) await resolve({ sub })
  t.deepEqual(asked, ['ada', 'nobody'])
  for (const sub of ['broken', 'broken']) await t.throwsAsync(async () => resolve({ sub }))
  t.deepEqual(asked, ['ada', 'nobody', 'broken', 'broken'])
  await clock.advance(30_000)
  await resolve({ sub: 'ada' })
  t.deepEqual(asked.slice(4), ['ada'])
})

test('one of the required groups is enough, in upper or lower case', async (t) => {
  const inToken = createResolveGroups([createTokenGroups(['groups'])])
  const resolve = createRequiredGroups(inToken, ['Admins', 'ops'])
  for (const groups of [['admins'], ['ADMINS', 'staff'], ['Ops']]) {
    t.deepEqual(await resolve({ groups }), groups)
  }
  for (const groups of [undefined, [], ['staff'], ['admin'], ['admins ', 'domain admins']]) {
    await t.throwsAsync(resolve({ groups }), { code: 'insufficient_scope' })
  }
  await t.throwsAsync(resolve({ groups: 'admins' }), { code: 'invalid_token' })
})
