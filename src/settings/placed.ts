/** Settings with their place in the file, of which single ones may be wrong. Rules that span settings use these. */
import type { Problem } from './problem.ts'

/** Parsed settings without those that are wrong or left out: these are undefined, however deep they are. */
export type PartialOf<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly (PartialOf<Item> | undefined)[]
    : { readonly [Key in keyof Value]?: PartialOf<Value[Key]> | undefined }

/** A setting, or a list or map of settings. */
export interface Placed<Value> {
  /** Parsed, with defaults; undefined where it is wrong, or left out without a default. */
  readonly value: Value | undefined
  /** As written. */
  readonly written: unknown
  readonly path: Problem['path']
}

/** The name of a setting, in any of several forms. */
export type NameIn<Value> = Value extends unknown ? keyof Value & string : never

type SettingIn<Value, Name> = Value extends unknown
  ? Name extends keyof Value
    ? NonNullable<Value[Name]>
    : never
  : never

/** A setting of a map. */
export function at<Value extends object, Name extends NameIn<Value>>(
  map: Placed<Value>,
  name: Name
): Placed<SettingIn<Value, Name>> {
  return {
    value: ownValue(map.value, name) as SettingIn<Value, Name> | undefined,
    written: ownValue(map.written, name),
    path: [...map.path, name]
  }
}

/** The items of a list; none of a list that is wrong as a whole. */
export function itemsOf<List extends readonly unknown[]>(
  list: Placed<List>
): Placed<NonNullable<List[number]>>[] {
  return (list.value ?? []).map((item, index) => ({
    value: (item ?? undefined) as NonNullable<List[number]> | undefined,
    written: ownValue(list.written, index),
    path: [...list.path, index]
  }))
}

/** Whether a setting is present, valid or not. Defaults do not count. */
export function isGiven({ written }: Placed<unknown>): boolean {
  return written !== undefined
}

/** A setting as a list of one, or of none where it has no value. */
export function givenOf<Value>(
  setting: Placed<Value>
): (Placed<Value> & { readonly value: Value })[] {
  return setting.value === undefined ? [] : [{ ...setting, value: setting.value }]
}

function ownValue(settings: unknown, key: PropertyKey): unknown {
  return typeof settings === 'object' && settings !== null && Object.hasOwn(settings, key)
    ? (settings as Record<PropertyKey, unknown>)[key]
    : undefined
}
