/** Reads the Dockerfile as stages of instructions. It supports only the syntax that the file uses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Instruction {
  readonly keyword: string
  readonly text: string
}

export interface Stage {
  readonly base: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

export interface Dockerfile {
  /** The ARGs before the first stage. */
  readonly globalArguments: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
  /** The last stage: what runs. */
  readonly image: Stage
}

export interface Copy {
  /** The stage to copy from; undefined for the folder of the project. */
  readonly from: string | undefined
  readonly flags: readonly string[]
  readonly sources: readonly string[]
  readonly destination: string
}

export function readDockerfile(): Dockerfile {
  const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8')
  const [head, ...rest] = parseInstructions(text).reduce<Instruction[][]>(
    (groups, instruction) => {
      if (instruction.keyword === 'FROM') groups.push([])
      groups.at(-1)?.push(instruction)
      return groups
    },
    [[]]
  )
  const stages = rest.map(parseStage)
  const image = stages.at(-1)
  if (image === undefined) throw new TypeError('expected a FROM instruction')
  return {
    globalArguments: parsePairs((head ?? []).map((instruction) => instruction.text)),
    stages,
    image
  }
}

function parseInstructions(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
      return { keyword: keyword.toUpperCase(), text: rest.trim() }
    })
}

function parseStage([from, ...instructions]: readonly Instruction[]): Stage {
  const words = (from?.text ?? '').split(/\s+/).filter((word) => !word.startsWith('--'))
  return { base: words[0] ?? '', name: words[2], instructions }
}

/** The texts of all instructions with this keyword, in order. */
export function textsOf(stage: Stage, keyword: string): string[] {
  return stage.instructions
    .filter((instruction) => instruction.keyword === keyword)
    .map(({ text }) => text)
}

/** The values that ENV, ARG or LABEL instructions set. */
export function valuesOf(stage: Stage, keyword: string): Record<string, string> {
  return parsePairs(textsOf(stage, keyword))
}

function parsePairs(texts: readonly string[]): Record<string, string> {
  const pairs = texts.flatMap((text) => [...text.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)])
  return Object.fromEntries(
    pairs.map(([, name, quoted, plain]) => [name ?? '', quoted ?? plain ?? ''])
  )
}

export function copiesOf(stage: Stage): Copy[] {
  return textsOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/)
    const flags = words.filter((word) => word.startsWith('--'))
    const paths = words.slice(flags.length)
    return {
      from: flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length),
      flags,
      sources: paths.slice(0, -1),
      destination: paths.at(-1) ?? ''
    }
  })
}
