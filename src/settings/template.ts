/** Variables in texts, `{name}`, or a part of the value of one: `{name|before:@}`. URLs and filters of directories share them. */

export interface Variable {
  readonly name: string
  /** Returns the configured part of a value; undefined for a value without it. */
  readonly cut: (value: string) => string | undefined
}

export interface Template {
  /** The texts around the variables: one more than there are variables. */
  readonly texts: readonly string[]
  readonly variables: readonly Variable[]
}

/** A name, and after bars the parts of its value. */
const VARIABLE = /\{([^{}|]+)((?:\|[^{}|]*)*)\}/g
const PART = /^(before|after|without):(.+)$/s

type Cut = (value: string, mark: string) => string | undefined

const CUTS: ReadonlyMap<string, Cut> = new Map<string, Cut>([
  ['before', (value, mark) => halvesOf(value, mark)?.[0]],
  ['after', (value, mark) => halvesOf(value, mark)?.[1]],
  ['without', (value, mark) => (value.endsWith(mark) ? value.slice(0, -mark.length) : undefined)]
])

/** If the text between the halves is there twice, one value could be made to look like another. */
function halvesOf(value: string, mark: string): readonly string[] | undefined {
  const halves = value.split(mark)
  return halves.length === 2 ? halves : undefined
}

/**
 * Splits a text with variables.
 * @throws TypeError with the expected form of a part
 */
export function parseTemplate(text: string): Template {
  const variables: Variable[] = []
  const texts: string[] = []
  let end = 0
  for (const { 0: whole, 1: name = '', 2: parts = '', index } of text.matchAll(VARIABLE)) {
    texts.push(text.slice(end, index))
    end = index + whole.length
    variables.push({ name, cut: createCut(parts.split('|').slice(1)) })
  }
  return { texts: [...texts, text.slice(end)], variables }
}

const PART_EXPECTED =
  'expected before:TEXT, after:TEXT or without:TEXT behind the |, such as {sub|before:@}'

function createCut(parts: readonly string[]): Variable['cut'] {
  const cuts = parts.map((part) => {
    const [, kind = '', mark = ''] = PART.exec(part) ?? []
    const cut = CUTS.get(kind)
    if (cut === undefined) throw new TypeError(PART_EXPECTED)
    return (value: string) => cut(value, mark)
  })
  return function cutValue(value) {
    let rest: string | undefined = value
    for (const cut of cuts) rest = rest === undefined ? undefined : cut(rest)
    // No name is empty, and no part of one.
    return cuts.length > 0 && rest === '' ? undefined : rest
  }
}
