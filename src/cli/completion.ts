/** `completion`: the script by which a shell completes commands and options, generated from the commands. */
import { type Command, createCommand, type OptionDescriptions, UsageError } from './command.ts'

/** A command as a shell sees it. */
interface Entry {
  /** One word, or two. */
  readonly name: string
  readonly summary: string
  readonly options: OptionDescriptions
}

interface Word {
  readonly word: string
  readonly description: string
}

/** What can follow some words: nothing yet, the name of a group, or a whole command. */
interface Place {
  readonly after: string
  readonly words: readonly Word[]
  /** Whether it is after a whole command: files may follow there, too. */
  readonly isCommand: boolean
}

const SHELLS = { bash: writeBash, zsh: writeZsh, fish: writeFish }

export const completion = createCommand({
  parameters: ['<bash|zsh|fish>'],
  description:
    'Print a script that lets a shell complete commands and options. For bash: source <(txtoken completion bash). For zsh: source <(txtoken completion zsh), after compinit. For fish: txtoken completion fish | source.',
  options: {},
  examples: [
    'source <(txtoken completion bash)',
    'txtoken completion fish > ~/.config/fish/completions/txtoken.fish'
  ],
  async run({ parameters: [shell = ''], print }) {
    if (!Object.hasOwn(SHELLS, shell)) {
      throw new UsageError(`expected one of ${Object.keys(SHELLS).join(', ')}`)
    }
    const { COMMANDS } = await import('./commands.ts')
    const entries = await Promise.all(
      COMMANDS.map(async ({ name, summary, load }): Promise<Entry> => {
        const { options }: Command = await load()
        return { name, summary, options }
      })
    )
    print(SHELLS[shell as keyof typeof SHELLS](entries))
  }
})

function listPlaces(entries: readonly Entry[]): readonly Place[] {
  const firsts = new Map<string, string>()
  const groups = new Map<string, Word[]>()
  for (const { name, summary } of entries) {
    const [first = '', second] = name.split(' ')
    firsts.set(first, second === undefined ? summary : `Commands about ${first}`)
    if (second === undefined) continue
    groups.set(first, [...(groups.get(first) ?? []), { word: second, description: summary }])
  }
  return [
    {
      after: '',
      words: Array.from(firsts, ([word, description]) => ({ word, description })),
      isCommand: false
    },
    ...Array.from(groups, ([after, words]) => ({ after, words, isCommand: false })),
    ...entries.map(({ name, options }) => ({
      after: name,
      words: Object.entries({ ...options, help: { description: 'Show the help' } }).map(
        ([option, { description }]) => ({ word: `--${option}`, description })
      ),
      isCommand: true
    }))
  ]
}

function groupsOf(places: readonly Place[]): string {
  return places
    .filter(({ after, isCommand }) => !isCommand && after !== '')
    .map(({ after }) => after)
    .join('|')
}

function writeBash(entries: readonly Entry[]): string {
  const places = listPlaces(entries)
  const cases = places.map(
    ({ after, words, isCommand }) =>
      `    '${after}') words='${words.map(({ word }) => word).join(' ')}' files=${isCommand ? 'yes' : 'no'} ;;`
  )
  return `_txtoken() {
  local current="\${COMP_WORDS[COMP_CWORD]}" after='' words='' files=yes
  if [ "$COMP_CWORD" -gt 1 ]; then
    after="\${COMP_WORDS[1]}"
    case "$after" in ${groupsOf(places)}) [ "$COMP_CWORD" -eq 2 ] || after="$after \${COMP_WORDS[2]}" ;; esac
  fi
  case "$after" in
${cases.join('\n')}
  esac
  if [ "$files" = yes ] && [ "\${current#-}" = "$current" ]; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -F _txtoken txtoken
`
}

function writeZsh(entries: readonly Entry[]): string {
  const places = listPlaces(entries)
  const cases = places.map(({ after, words, isCommand }) => {
    const described = words.map(
      ({ word, description }) => `      ${quote(`${word}:${description}`)}`
    )
    return `    ${quote(after)}) files=${isCommand ? 'yes' : 'no'}; candidates=(\n${described.join('\n')}\n    ) ;;`
  })
  return `#compdef txtoken
_txtoken() {
  local after='' files=yes
  local -a candidates
  if (( CURRENT > 2 )); then
    after="\${words[2]}"
    case "$after" in ${groupsOf(places)}) (( CURRENT == 3 )) || after="$after \${words[3]}" ;; esac
  fi
  case "$after" in
${cases.join('\n')}
  esac
  if [[ $files == yes && \${words[CURRENT]} != -* ]]; then
    _files
  else
    _describe txtoken candidates
  fi
}
compdef _txtoken txtoken
`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function writeFish(entries: readonly Entry[]): string {
  const seen = (word: string) => `__fish_seen_subcommand_from ${word}`
  const lines = listPlaces(entries).flatMap(({ after, words, isCommand }) => {
    if (isCommand) return []
    const others = words.map(({ word }) => word).join(' ')
    const condition =
      after === '' ? '__fish_use_subcommand' : `${seen(after)}; and not ${seen(others)}`
    return words.map(
      ({ word, description }) =>
        `complete -c txtoken -f -n '${condition}' -a '${word}' -d ${quoteFish(description)}`
    )
  })
  const options = entries.flatMap(({ name, options }) => {
    const condition = name.split(' ').map(seen).join('; and ')
    return Object.entries(options).map(([option, { type, short, description }]) => {
      const letter = short === undefined ? '' : ` -s ${short}`
      const value = type === 'string' ? ' -r' : ''
      return `complete -c txtoken -n '${condition}' -l ${option}${letter}${value} -d ${quoteFish(description)}`
    })
  })
  return `${[...lines, ...options].join('\n')}\n`
}

function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
