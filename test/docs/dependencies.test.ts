/** docs/dependencies.md has a line for each dependency of the package, and for no other. */
import { readFileSync } from 'node:fs'
import test from 'ava'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('each dependency has its line', (t) => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const cells = [...read('docs/dependencies.md').matchAll(/^\| ([@\w].*?) +\|/gm)]
  const named = cells
    .flatMap(([, cell = '']) => cell.split(', '))
    .filter((name) => name !== 'package' && name !== '@types/*')
  const expected = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !name.startsWith('@types/')
  )
  t.deepEqual(named.toSorted(), expected.toSorted())
})
