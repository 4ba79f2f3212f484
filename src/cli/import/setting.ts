/** The known settings of another system: one list for the command and for the migration pages. */

/** A setting, and its equivalent here, or the consequence of having none. */
export interface Setting {
  /** Where it is in the file of the system; `[]` is an item of a list, a `*` at the end any name. */
  readonly name: string
  /** Its equivalent here, in Markdown. */
  readonly here?: string
  /** The consequence of having no equivalent, for `import` and the page. */
  readonly missing?: string
}

/** Finds the row of a setting: the one of its name, else the longest that its name starts with. */
export function findSetting(settings: readonly Setting[], path: string): Setting | undefined {
  const wanted = path.toLowerCase()
  const exact = settings.find(({ name }) => name.toLowerCase() === wanted)
  if (exact !== undefined) return exact
  const [longest] = settings
    .filter(({ name }) => name.endsWith('*') && wanted.startsWith(name.slice(0, -1).toLowerCase()))
    .toSorted((one, other) => other.name.length - one.name.length)
  return longest
}

/** The table of the migration page of a system, in Markdown. */
export function writeSettingsTable(system: string, settings: readonly Setting[]): string {
  const rows = settings.map(
    ({ name, here, missing }) => `| \`${name}\` | ${here ?? `none: ${missing}`} |`
  )
  return [`| ${system} | here |`, '|---|---|', ...rows].join('\n')
}
