import test from 'ava'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createShareSource } from '../../../src/keys/remote/share-source.ts'

/** A sharing of sources, and a list of what happens to each of them. */
function setUp() {
  const events: string[] = []
  let made = 0
  const create = (): KeySource => {
    const number = ++made
    return {
      name: String(number),
      signingKey: () => undefined,
      verificationKeys: () => [],
      publishedKeys: () => [],
      changesAt: () => Number.POSITIVE_INFINITY,
      start: async () => void events.push(`start ${number}`),
      close: () => void events.push(`close ${number}`)
    }
  }
  const share = createShareSource()
  return { events, use: (id: string) => share(id, create) }
}

test('who asks for what is in use gets the same source, which starts again', async (t) => {
  const { events, use } = setUp()
  const first = use('a')
  await first.start?.()
  const second = use('a')
  await second.start?.()
  t.is(second.name, first.name)
  t.deepEqual(events, ['start 1', 'start 1'])
})

test('a source is closed with the last of its users, and then made anew', async (t) => {
  const { events, use } = setUp()
  const [first, second] = [use('a'), use('a')]
  await first.start?.()
  const third = use('a')
  await third.start?.()
  first.close?.()
  first.close?.()
  second.close?.()
  t.deepEqual(events, ['start 1', 'start 1'])
  third.close?.()
  t.deepEqual(events.slice(2), ['close 1'])
  t.is(use('a').name, '3')
})

test('sources with different ids have nothing to do with each other', async (t) => {
  const { events, use } = setUp()
  const [a, b] = [use('a'), use('b')]
  await a.start?.()
  await b.start?.()
  a.close?.()
  t.deepEqual(events, ['start 1', 'start 2', 'close 1'])
})
