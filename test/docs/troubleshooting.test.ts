/** docs/troubleshooting.md has every error text that a client can get, and no outdated one. */
import test from 'ava'
import { readPage } from '../helpers/documentation.ts'
import { readErrorTexts } from '../helpers/error-texts.ts'

const [, byMessage = ''] = readPage('docs/troubleshooting.md').split('\n# By message\n')
const [client = ''] = byMessage.split('\n## Before it starts\n')
const shown = new Set(
  [...client.matchAll(/^\| (`.*?`) \| /gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
  )
)

const { texts, unread } = readErrorTexts()

test('the page has exactly the error texts of the sources', (t) => {
  t.true(texts.size > 100)
  t.deepEqual([...shown].sort(), [...texts].sort())
})

test('every error has its text in the sources, except errors that contain the message of another', (t) => {
  t.deepEqual([...unread].sort(), [
    'issue/seal.ts: `${name}: ${message}`',
    'issue/seal.ts: name',
    'issue/sources/remote/call.ts: message',
    'remote/call.ts: error.message'
  ])
})
