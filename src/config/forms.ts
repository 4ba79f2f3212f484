/** The two forms of a configuration become the full one that the program runs on, with everything that is wrong with them. */
import { findKeyProblems } from '../keys/create-key-sources.ts'
import type { KeyConfig } from '../keys/settings.ts'
import type { Problem } from '../settings/problem.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { createFlatSchema, toFullForm } from './flat-form.ts'
import { type Config, createFullSchema } from './full-form.ts'
import { describeIssues, valueAt } from './issues.ts'
import { parsePartly } from './partly.ts'
import { findFlatProblems, findFullProblems } from './rules/find-problems.ts'

interface ParseResult {
  readonly config?: Config | undefined
  /** The full form as its author wrote it, or would have written it. */
  readonly written?: unknown
  /** Why the configuration must not be used. Empty when all is well. */
  readonly problems: readonly Problem[]
}

/** Each schema parses once, and the code that zod would write for it costs more than that. */
const ONCE = { jitless: true }

type FlatSchema = ReturnType<typeof createFlatSchema>
type FullSchema = ReturnType<typeof createFullSchema>

/** Reads the form that knows more of the keys; the flat one where both know as many. */
export function parseForm(tree: unknown, reader: SecretReader): ParseResult {
  const flat = createFlatSchema(reader)
  const full = createFullSchema(reader)
  return countKnown(tree, flat) < countKnown(tree, full)
    ? parseFull(tree, full)
    : parseFlat(tree, flat, full)
}

function countKnown(tree: unknown, { shape }: FlatSchema | FullSchema): number {
  if (typeof tree !== 'object' || tree === null) return 0
  return Object.keys(tree).filter((key) => Object.hasOwn(shape, key)).length
}

function parseFlat(tree: unknown, schema: FlatSchema, full: FullSchema): ParseResult {
  const { data: flat, error } = schema.safeParse(tree, ONCE)
  const found = findFlatProblems({
    value: flat ?? parsePartly(schema, tree),
    written: tree,
    path: []
  })
  const problems = [...describeIssues(error?.issues ?? [], tree), ...found]
  if (flat === undefined) return { problems }
  const written = toFullForm(flat)
  const config = full.parse(written, ONCE)
  const unfit = findKeyProblems(config.keys).map(({ message }) => ({ path: ['encKey'], message }))
  return { config, written, problems: [...problems, ...unfit] }
}

function parseFull(tree: unknown, schema: FullSchema): ParseResult {
  const { data: config, error } = schema.safeParse(tree, ONCE)
  const keys = config?.keys ?? readEachKey(tree, schema)
  const found = findFullProblems({
    value: config ?? parsePartly(schema, tree),
    written: tree,
    path: []
  })
  const problems = [
    ...describeIssues(error?.issues ?? [], tree),
    ...found,
    ...findKeyProblems(keys)
  ]
  return { config, written: tree, problems }
}

/** Keys are checked by themselves, whatever is wrong elsewhere. Undefined for one that cannot be read. */
function readEachKey(tree: unknown, { shape }: FullSchema): readonly (KeyConfig | undefined)[] {
  const entries = valueAt(tree, ['keys'])
  return Array.isArray(entries)
    ? entries.map((entry) => shape.keys.safeParse([entry]).data?.[0])
    : []
}
