/** Where settings belong, by the schema itself: for those that are in the wrong place. */
import type * as z from 'zod'

type Shape = Readonly<Record<string, z.core.$ZodType>>

/** Sections in sections, such as listeners. Deeper names, and those inside of an entry in a list, mean something else elsewhere. */
const MOST_LEVELS = 2

/**
 * Finds the places of a name below a map of settings, such as `listen.main.cors`, in their order there.
 * @returns none where the name is deeper, or unknown
 */
export function findPlaces(name: string, shape: Shape, levels = MOST_LEVELS): readonly string[] {
  if (levels <= 0) return []
  const places = Object.entries(shape).flatMap(([key, schema]) =>
    mapsIn(schema).flatMap(({ mark, shape: inner }) => [
      ...(Object.hasOwn(inner, name) ? [`${key}${mark}.${name}`] : []),
      ...findPlaces(name, inner, mark === '' ? levels - 1 : 0).map(
        (place) => `${key}${mark}.${place}`
      )
    ])
  )
  return [...new Set(places)]
}

/** The maps that a setting may be, or that may be in its list. */
function mapsIn(schema: z.core.$ZodType): { readonly mark: '' | '[]'; readonly shape: Shape }[] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return mapsIn(def.innerType)
    case 'pipe':
      return mapsIn(def.in)
    case 'array':
      return mapsIn(def.element).map(({ shape }) => ({ mark: '[]', shape }))
    case 'union':
      return def.options.flatMap(mapsIn)
    case 'object':
      return [{ mark: '', shape: def.shape }]
    default:
      return []
  }
}
