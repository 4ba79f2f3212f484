/** Settings with a form for each kind, such as sources: shared by their registries. */
import type * as z from 'zod'
import type { SecretReader } from './secrets.ts'

/** The settings of a kind. */
interface Kind {
  readonly settings: (reader: SecretReader) => z.ZodType
}

type SchemasOf<Kinds extends readonly Kind[]> = {
  -readonly [Index in keyof Kinds]: ReturnType<Kinds[Index]['settings']>
}

/** The schemas of kinds, in their order. */
export function schemasOf<Kinds extends readonly Kind[]>(
  kinds: Kinds,
  reader: SecretReader
): SchemasOf<Kinds> {
  // TypeScript types the result of `map` on a tuple as a list.
  return kinds.map(({ settings }) => settings(reader)) as SchemasOf<Kinds>
}

/** The error for a value other than the names of these kinds: `expected a, b or c`. */
export function expectedKind(kinds: readonly { readonly from: string }[]): string {
  const names = kinds.map(({ from }) => from)
  return `expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
