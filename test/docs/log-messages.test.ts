import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { LOG_MESSAGES } from '../../src/log-messages.ts'

const SRC = join(import.meta.dirname, '../../src')
/** A call of the log, whose level may be chosen: `logger.warn(`, `log[level](`. */
const CALL = /\blog(?:ger)?(?:\.(?:trace|debug|info|warn|error|fatal)|\[level\])\(/g

/** Every call of the log, with its arguments. */
const calls = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8')
    return Array.from(text.matchAll(CALL), ({ index, 0: { length } }) => ({
      file,
      args: argumentsAt(text, index + length)
    }))
  })

/** The text up to the bracket that closes the call. */
function argumentsAt(text: string, from: number): string {
  let depth = 1
  let to = from
  for (; depth > 0; to++) {
    if (text[to] === '(') depth++
    if (text[to] === ')') depth--
  }
  return text.slice(from, to - 1).trim()
}

test('each log message is a constant text, and is on the page', (t) => {
  t.true(calls.length > 30)
  const known = Object.values(LOG_MESSAGES).flatMap((messages) => Object.keys(messages))
  const logged = calls.map(({ file, args }) => {
    const [, message] = /(?:^|[\s,])'([^']*)'$/.exec(args) ?? []
    t.truthy(message, `${file}: ${args}`)
    return message ?? ''
  })
  // The line of a request is written by hand, too.
  t.deepEqual([...new Set(logged)].sort(), known.toSorted())
})
