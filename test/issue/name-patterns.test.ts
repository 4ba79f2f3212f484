import test from 'ava'
import { createNameMatcher } from '../../src/issue/name-patterns.ts'

const cases: [pattern: string, fitting: string[], others: string[]][] = [
  ['password', ['password'], ['Password', 'passwords', 'a.password', '']],
  ['*_secret', ['client_secret', '_secret', '_secret_secret'], ['secret', 'client_secrets']],
  ['x-*', ['x-', 'x-a'], ['ax-']],
  ['*token*', ['token', 'access_token_2', 'tokentoken'], ['toke', 'to_ken']],
  ['a*b*c', ['abc', 'a1b2c', 'abbcc'], ['ac', 'acb', 'ab', 'bc']],
  ['ab*ba', ['abba', 'ab-ba'], ['aba']],
  ['*', ['', 'anything'], []],
  ['**', ['', 'anything'], []],
  ['a.c', ['a.c'], ['abc']],
  ['[a]', ['[a]'], ['a']]
]

for (const [pattern, fitting, others] of cases) {
  test(`${pattern} matches the expected names, and no others`, (t) => {
    const matches = createNameMatcher(['never', pattern])
    for (const name of fitting) t.true(matches(name), name)
    for (const name of others) t.false(matches(name), name)
  })
}

test('no pattern takes long for a long name', (t) => {
  const matches = createNameMatcher([`${'a*'.repeat(50)}b`])
  t.false(matches('a'.repeat(1_000_000)))
})
