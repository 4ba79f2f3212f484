/** The texts of all errors that clients can get, read from the sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SRC = join(import.meta.dirname, '../../src')

interface Source {
  readonly name: string
  readonly text: string
}

interface ErrorTexts {
  /** Each with `...` for what differs. */
  readonly texts: ReadonlySet<string>
  /** Calls whose text was not found. */
  readonly unread: ReadonlySet<string>
}

/**
 * Reads them. A maker of errors is `new ServiceError`, whose second argument is the text, and each function that passes one of its
 * parameters on to it.
 */
export function readErrorTexts(): ErrorTexts {
  const files: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }))
  const makers = new Map([
    ['ServiceError', 1],
    ['ReplyBodyError', 0],
    ['proxyFailed', 0]
  ])
  const texts = new Set<string>()
  const unread = new Set<string>()
  // Each maker that is found adds calls, in which there may be further ones.
  for (let known = 0; known < makers.size; ) {
    known = makers.size
    texts.clear()
    unread.clear()
    for (const file of files) readCalls(file)
  }
  return { texts, unread }

  /** What is not declared in a file may be imported. */
  function everything({ text }: Source): string {
    return [text, ...files.map((file) => file.text)].join('\n\n')
  }

  function readCalls(file: Source): void {
    const calls = new RegExp(`(?<!function |class )\\b(${[...makers.keys()].join('|')})\\(`, 'g')
    for (const { 0: called, 1: maker = '', index } of file.text.matchAll(calls)) {
      const given = splitArguments(file.text, index + called.length)
      const argument = given[makers.get(maker) ?? 0]
      if (argument !== undefined) readText(argument, index, file)
    }
  }

  function readText(argument: string, at: number, file: Source): void {
    const before = file.text.slice(0, at)
    const [, name = '', parameters = ''] =
      [...before.matchAll(/^(?:export )?function (\w+)\(([^)]*)\)/gm)].at(-1) ?? []
    const parameter = parameters.split(',').find((one) => one.trim().split(/\W/)[0] === argument)
    const called = /^(\w+)\(/.exec(argument)?.[1]
    const found =
      parameter !== undefined
        ? literalsIn(parameter)
        : argument === 'message'
          ? chosenTexts(before.split('const message =').at(-1) ?? '', file)
          : [
              ...literalsIn(argument),
              ...declaredTexts(called ?? argument, everything(file)),
              ...memberTexts(argument, file)
            ]
    for (const text of found) texts.add(text)
    if (parameter !== undefined) makers.set(name, parameters.split(',').indexOf(parameter))
    else if (found.length === 0) unread.add(`${file.name}: ${argument}`)
  }
}

/** Texts in the declaration of a constant or of a function, and in what it names: tables of texts, and functions that describe. */
function declaredTexts(name: string, text: string, seen = new Set<string>()): string[] {
  if (!/^\w+$/.test(name) || seen.has(name)) return []
  seen.add(name)
  const constant = new RegExp(`^( *)const ${name}\\b[^]*?\\n(?=\\1\\S|\\n)`, 'm')
  const declared = new RegExp(`^(?:export )?function ${name}\\([^]*?\\n\\}`, 'm')
  const found = (declared.exec(text) ?? constant.exec(text))?.[0] ?? ''
  const named = found.matchAll(/\b(?:[A-Z][A-Z_]{3,}|(?:describe|find)\w*)\b/g)
  return [
    ...literalsIn(found).filter((one) => / /.test(one) || found.includes('Record<')),
    ...[...named].flatMap(([other]) => declaredTexts(other, text, seen))
  ]
}

/** Texts that a statement chooses from, those of constants among them. */
function chosenTexts(statement: string, { text }: Source): string[] {
  const [own = ''] = statement.split('\n\n')
  const named = own.matchAll(/[?:] (\w+)/g)
  return [...literalsIn(own), ...[...named].flatMap(([, name = '']) => declaredTexts(name, text))]
}

/** Texts of the members of a name, which may have been taken out of an object. */
function memberTexts(name: string, { text }: Source): string[] {
  if (!/^\w+$/.test(name)) return []
  return [...text.matchAll(new RegExp(`\\b${name}: '([^'\\n]+)'`, 'g'))].map(([, one = '']) => one)
}

/** The arguments of a call, up to the bracket that closes it. */
function splitArguments(text: string, from: number): string[] {
  const given: string[] = []
  let depth = 0
  let quote = ''
  let begin = from
  for (let at = from; depth >= 0; at++) {
    const character = text[at] ?? ')'
    if (quote !== '') {
      if (character === quote) quote = ''
      continue
    }
    if (`'"\``.includes(character)) quote = character
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    if ((character === ',' && depth === 0) || depth < 0) {
      given.push(text.slice(begin, at).trim())
      begin = at + 1
    }
  }
  return given
}

/** Texts in quotes and in backticks, of an expression that may choose between several. */
function literalsIn(expression: string): string[] {
  const literals = expression
    .replaceAll(/=== '[^']*'/g, '')
    .matchAll(/'([^'\n]*)'|`((?:[^`$]|\$\{[^`]*?\}|\$)*)`|"([^"\n]*)"/g)
  return [...literals]
    .map(([, single, template, double]) => single ?? double ?? toPattern(template ?? ''))
    .filter((text) => /[a-z]{2}/.test(text.replaceAll('...', '')) && !text.endsWith(' '))
}

function toPattern(template: string): string {
  return template.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '...')
}
