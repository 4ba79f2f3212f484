/** The settings of another system, read one by one, so that none is lost: each is used, noted, or left over. */
import { formatPath } from '../../settings/problem.ts'
import { findSetting, type Setting } from './setting.ts'

type Path = readonly (string | number)[]
type Data = Readonly<Record<string, unknown>>

/** A note about a setting for the reader of the configuration. It never holds a value of the file. */
interface Note {
  /** The settings, as they are in the file; none for the file as a whole. */
  readonly places: readonly string[]
  readonly text: string
}

/** A note about a setting in the file. */
interface Found {
  readonly place: string
  readonly text: string
  /** Whether it is true of any such setting, and not only of this one. */
  readonly isGeneral: boolean
}

/** A map in the file. Values that are read count as used. */
export interface Section {
  readonly has: (name: string) => boolean
  /** Its unchanged content. */
  readonly names: () => readonly string[]
  /** Texts and numbers; undefined without a value, or with another type, which is noted. */
  readonly text: (name: string) => string | undefined
  readonly number: (name: string) => number | undefined
  readonly flag: (name: string) => boolean | undefined
  /** A list of texts, or a single one; values of other types are left out. */
  readonly texts: (name: string) => readonly string[]
  readonly value: (name: string) => unknown
  /** An empty one where there is none. */
  readonly section: (name: string) => Section
  readonly items: (name: string) => readonly Section[]
  /** Notes something about a setting and all below it; without a name, about the whole section. */
  readonly note: (name: string | undefined, text: string) => void
}

export interface Source {
  readonly root: Section
  /** Notes something about the file as a whole. */
  readonly remark: (text: string) => void
  /** All notes in the order of the file, also about unused settings. */
  readonly listNotes: (settings: readonly Setting[]) => readonly Note[]
}

export interface SourceOptions {
  /** The canonical spelling of a key that has several. Default: unchanged. */
  readonly toName?: (key: string) => string
  /** The name of a setting in the list, from its keys with dots between them and `[]` for items. Default: the same. */
  readonly toSettingName?: (path: string) => string
}

const UNKNOWN = 'unknown to this command, and left out'
const NOT_NEEDED = 'not needed in this place, and left out'
const TEMPLATE = /^\s*\(\(.*\)\)\s*$|\{\{.*\}\}/s
const TEMPLATE_NOTE = 'is an expression of a template; render the file first, or put the value in'

/** @param data what the file holds, a map */
export function createSource(data: unknown, options: SourceOptions = {}): Source {
  const { toName = (key) => key, toSettingName = (path) => path } = options
  const used = new Set<string>()
  const notes = new Map<string, string[]>()
  const remarks: Note[] = []
  return {
    root: createSection(isMap(data) ? data : {}, []),
    remark: (text) => remarks.push({ places: [], text }),
    listNotes(settings) {
      const inFile = walk(isMap(data) ? data : {}, [], settings)
      const places = new Set(inFile.map(({ place }) => place))
      // Notes about settings that are not in the file, or inside of a setting with a note.
      const others = [...notes].flatMap(([place, texts]) =>
        places.has(place) ? [] : texts.map((text) => ({ places: [place], text }))
      )
      return [...remarks, ...combine(inFile), ...others]
    }
  }

  function createSection(map: Data, path: Path): Section {
    const keyOf = (name: string) => Object.keys(map).find((key) => toName(key) === toName(name))
    const take = (name: string): unknown => {
      const key = keyOf(name)
      if (key === undefined) return undefined
      used.add(formatPath([...path, key]))
      return map[key] ?? undefined
    }
    const section: Section = {
      has: (name) => keyOf(name) !== undefined,
      names: () => Object.keys(map),
      value: take,
      text(name) {
        const value = take(name)
        return value === undefined ? undefined : toText(value, name)
      },
      number(name) {
        const value = take(name)
        const number = ['string', 'bigint'].includes(typeof value) ? Number(value) : value
        if (typeof number === 'number' && !Number.isNaN(number)) return number
        if (value !== undefined) section.note(name, 'is no number; nothing is made of it')
        return undefined
      },
      flag(name) {
        const value = take(name)
        if (typeof value === 'boolean') return value
        if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return /true/i.test(value)
        if (value !== undefined) section.note(name, 'is not true or false; nothing is made of it')
        return undefined
      },
      texts(name) {
        const value = take(name) ?? []
        const list: unknown[] = Array.isArray(value) ? value : [value]
        return list.flatMap((item) => toText(item, name) ?? [])
      },
      section(name) {
        const key = keyOf(name)
        const value = key === undefined ? undefined : map[key]
        return createSection(isMap(value) ? value : {}, [...path, key ?? name])
      },
      items(name) {
        const key = keyOf(name)
        const value = key === undefined ? undefined : map[key]
        const list: unknown[] = Array.isArray(value) ? value : []
        return list.map((item, index) =>
          createSection(isMap(item) ? item : {}, [...path, key ?? name, index])
        )
      },
      note(name, text) {
        const place = formatPath(name === undefined ? path : [...path, keyOf(name) ?? name])
        notes.set(place, [...(notes.get(place) ?? []), text])
      }
    }
    return section

    function toText(value: unknown, name: string): string | undefined {
      if (typeof value === 'string' && TEMPLATE.test(value)) section.note(name, TEMPLATE_NOTE)
      if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return String(value)
      section.note(name, 'is no text; nothing is made of it')
      return undefined
    }
  }

  /** Visits everything in the file. */
  function walk(value: unknown, path: Path, settings: readonly Setting[]): Found[] {
    const place = formatPath(path)
    const noted = path.length === 0 ? undefined : notes.get(place)
    if (noted !== undefined) {
      const isGeneral = (text: string) => settings.some(({ missing }) => missing === text)
      return noted.map((text) => ({ place, text, isGeneral: isGeneral(text) }))
    }
    if (used.has(place)) return []
    if (isMap(value)) {
      return Object.entries(value).flatMap(([key, item]) => walk(item, [...path, key], settings))
    }
    if (Array.isArray(value) && value.some(isMap)) {
      return value.flatMap((item, index) => walk(item, [...path, index], settings))
    }
    const name = path.map((key) => (typeof key === 'number' ? '[]' : `.${toName(key)}`)).join('')
    const setting = findSetting(settings, toSettingName(name.slice(1)))
    const text = setting === undefined ? UNKNOWN : (setting.missing ?? NOT_NEEDED)
    return [{ place, text, isGeneral: true }]
  }
}

/** Makes one note of all settings with the same general text. */
function combine(found: readonly Found[]): Note[] {
  const combined = new Map<string, { places: string[]; text: string }>()
  for (const { place, text, isGeneral } of found) {
    const key = isGeneral ? text : `${place}: ${text}`
    const note = combined.get(key)
    if (note === undefined) combined.set(key, { places: [place], text })
    else note.places.push(place)
  }
  return [...combined.values()]
}

function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
