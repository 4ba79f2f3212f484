import test from 'ava'
import { parseTemplate } from '../../src/settings/template.ts'

function cut(variable: string, value: string): string | undefined {
  return parseTemplate(variable).variables[0]?.cut(value)
}

test('a template is split into texts and variables', (t) => {
  const { texts, variables } = parseTemplate('a{b}{c.d|before:@}e{}')
  t.deepEqual(texts, ['a', '', 'e{}'])
  t.deepEqual(
    variables.map(({ name }) => name),
    ['b', 'c.d']
  )
  t.deepEqual(parseTemplate('{a').texts, ['{a'])
})

for (const [variable, value, part] of [
  ['{a}', 'ada@corp', 'ada@corp'],
  ['{a}', '', ''],
  ['{a|before:@}', 'ada@corp', 'ada'],
  ['{a|after:@}', 'ada@corp', 'corp'],
  ['{a|after:\\}', 'CORP\\ada', 'ada'],
  ['{a|after::|before: }', 'x:ada b', 'ada'],
  ['{a|without:@corp}', 'ada@corp', 'ada'],
  ['{a|without:@corp}', 'ada@corp.evil', undefined],
  ['{a|without:@corp}', '@corp', undefined],
  ['{a|before:@}', 'ada', undefined],
  ['{a|before:@}', '@corp', undefined],
  ['{a|after:@}', 'ada@', undefined],
  ['{a|before:@}', 'root@x@corp', undefined],
  ['{a|before:@|before:.}', 'ada@corp', undefined]
] as const) {
  test(`${variable} of "${value}" is ${part}`, (t) => {
    t.is(cut(variable, value), part)
  })
}

for (const part of ['left:@', 'before', 'before:', '', 'constructor:a']) {
  test(`a part such as |${part} is rejected`, (t) => {
    t.throws(() => parseTemplate(`{a|${part}}`), {
      instanceOf: TypeError,
      message: /^expected before:/
    })
  })
}
