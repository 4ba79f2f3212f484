/** Reads settings as far as they are valid, so that one mistake does not hide what rules find in the rest. */
import * as z from 'zod'
import type { PartialOf } from '../settings/placed.ts'
import { closestBranch } from './issues.ts'

/** Parses what can be parsed. Undefined where nothing can. */
export function parsePartly<Schema extends z.core.$ZodType>(
  schema: Schema,
  tree: unknown
): PartialOf<z.output<Schema>> | undefined {
  return readPartly(schema, tree) as PartialOf<z.output<Schema>> | undefined
}

/** The parts of the result have the types of the schema, which the types of schemas in general cannot express. */
function readPartly(schema: z.core.$ZodType, tree: unknown): unknown {
  const { data, success } = z.safeParse(schema, tree)
  if (success) return data
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return readPartly(def.innerType, tree)
    case 'pipe':
      return readPipe(def, tree)
    case 'array':
      return Array.isArray(tree) ? tree.map((item) => readPartly(def.element, item)) : undefined
    case 'object':
      return isMap(tree) ? readMap(def, tree) : undefined
    case 'union':
      return readUnion(def, tree)
    default:
      return undefined
  }
}

function readMap(
  { shape, catchall }: z.core.$ZodObjectDef,
  map: Readonly<Record<string, unknown>>
) {
  const others = Object.keys(map).filter((name) => !Object.hasOwn(shape, name))
  const known = Object.entries(shape).map(([name, schema]) => [name, schema] as const)
  const free = catchall === undefined ? [] : others.map((name) => [name, catchall] as const)
  return Object.fromEntries(
    [...known, ...free]
      .map(([name, schema]) => [
        name,
        readPartly(schema, Object.hasOwn(map, name) ? map[name] : undefined)
      ])
      .filter(([, value]) => value !== undefined)
  )
}

/** Lists and maps of settings may have a transform. A partial map that is not enough for it stays unchanged. */
function readPipe({ in: first, out }: z.core.$ZodPipeDef, tree: unknown): unknown {
  const part = readPartly(first, tree)
  if (typeof part !== 'object') return undefined
  const { data } = z.safeParse(out, part)
  return data === z.NEVER ? part : data
}

/** Reads the form that the author probably meant. */
function readUnion(
  def: z.core.$ZodUnionDef & { readonly discriminator?: string },
  tree: unknown
): unknown {
  if (typeof tree !== 'object') return undefined
  const { discriminator, options } = def
  const named = options.filter(
    ({ _zod }) =>
      discriminator === undefined ||
      (isMap(tree) && _zod.propValues?.[discriminator]?.has(tree[discriminator] as string))
  )
  const branches = named.map((option) => z.safeParse(option, tree).error?.issues ?? [])
  const branch = closestBranch(branches)
  const closest = branch === undefined ? undefined : named[branches.indexOf(branch)]
  return closest === undefined ? undefined : readPartly(closest, tree)
}

function isMap(tree: unknown): tree is Readonly<Record<string, unknown>> {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
}
