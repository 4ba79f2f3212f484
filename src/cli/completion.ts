/** `completion`: the script by which a shell completes commands and options, generated from the commands. */
import { type Command, createCommand, type OptionDescriptions, UsageError } from './command.ts'

/** A command as a shell sees it. */
interface Entry {
  /** One word, or two. */
  readonly name: string
  readonly summary: string
  readonly parameters: readonly string[]
  readonly options: OptionDescriptions
}

interface Word {
  readonly word: string
  readonly description: string
}

/** An argument or the value of an option, if it is one of some fixed words. */
interface Fixed {
  /** The command. */
  readonly after: string
  /** The number of the argument, or the option. */
  readonly slot: string
  readonly words: readonly string[]
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
        const { parameters, options }: Command = await load()
        return { name, summary, parameters, options }
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

/** The fixed words of arguments and options. */
function listFixed(entries: readonly Entry[]): readonly Fixed[] {
  return entries
    .flatMap(({ name: after, parameters, options }): Fixed[] => [
      ...parameters.map((text, index) => ({ after, slot: String(index), words: wordsIn(text) })),
      ...Object.entries(options).map(([option, described]) => ({
        after,
        slot: `--${option}`,
        words: valuesOf(described)
      }))
    ])
    .filter(({ words }) => words.length > 0)
}

function valuesOf({ value = '', values }: OptionDescriptions[string]): readonly string[] {
  return values ?? wordsIn(value)
}

/** The words of `pem|jwk` or `<pem|jwk>`; none of `FILE`. */
function wordsIn(text: string): readonly string[] {
  return text.includes('|') ? text.replaceAll(/[<>[\]]/g, '').split('|') : []
}

function groupsOf(places: readonly Place[]): string {
  return places
    .filter(({ after, isCommand }) => !isCommand && after !== '')
    .map(({ after }) => after)
    .join('|')
}

/** The words that may be next are those of the place, or of the slot: the option before, or the number of arguments before. */
function writeBash(entries: readonly Entry[]): string {
  const places = listPlaces(entries)
  const cases = places.map(
    ({ after, words, isCommand }) =>
      `    '${after}') words='${words.map(({ word }) => word).join(' ')}' files=${isCommand ? 'yes' : 'no'} ;;`
  )
  const fixed = listFixed(entries).map(
    ({ after, slot, words }) => `    '${after} ${slot}') fixed='${words.join(' ')}' ;;`
  )
  return `_txtoken() {
  local current="\${COMP_WORDS[COMP_CWORD]}" after='' words='' fixed='' files=yes first=2 slot=0 index
  if [ "$COMP_CWORD" -gt 1 ]; then
    after="\${COMP_WORDS[1]}"
    case "$after" in ${groupsOf(places)}) [ "$COMP_CWORD" -eq 2 ] || { after="$after \${COMP_WORDS[2]}" first=3; } ;; esac
  fi
  for ((index = first; index < COMP_CWORD; index++)); do
    [ "\${COMP_WORDS[index]#-}" = "\${COMP_WORDS[index]}" ] && slot=$((slot + 1))
  done
  index=$((COMP_CWORD - 1))
  if [ "$current" = = ]; then current=''; elif [ "\${COMP_WORDS[index]}" = = ]; then index=$((index - 1)); fi
  case "\${COMP_WORDS[index]}" in -*) slot="\${COMP_WORDS[index]}" ;; esac
  case "$after" in
${cases.join('\n')}
  esac
  case "$after $slot" in
${fixed.join('\n')}
  esac
  case "$current" in -*) files=no ;; *) [ -z "$fixed" ] || words="$fixed" files=no ;; esac
  COMPREPLY=()
  [ "$files" = yes ] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [ "$files" = yes ] || { [ -z "$after" ] && [ "\${#COMPREPLY[@]}" -eq 0 ]; }; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
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
  const fixed = listFixed(entries).map(
    ({ after, slot, words }) => `    ${quote(`${after} ${slot}`)}) fixed=(${words.join(' ')}) ;;`
  )
  return `#compdef txtoken
_txtoken() {
  local after='' files=yes
  local -i first=3
  local -a candidates fixed arguments
  if (( CURRENT > 2 )); then
    after="\${words[2]}"
    case "$after" in ${groupsOf(places)}) (( CURRENT == 3 )) || { after="$after \${words[3]}" first=4 } ;; esac
  fi
  arguments=(\${\${words[first,CURRENT-1]}:#-*})
  local slot=$#arguments
  [[ \${words[CURRENT-1]} == -* ]] && slot="\${words[CURRENT-1]}"
  if [[ \${words[CURRENT]} == --*=* ]]; then
    slot="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi
  case "$after" in
${cases.join('\n')}
  esac
  case "$after $slot" in
${fixed.join('\n')}
  esac
  if (( $#fixed )) && [[ $PREFIX != -* ]]; then
    compadd -a fixed
  elif [[ $files == yes && $PREFIX != -* ]]; then
    _files
  else
    _describe txtoken candidates || { [[ -z $after ]] && _files }
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
        `complete -c txtoken ${after === '' ? '' : '-f '}-n '${condition}' -a '${word}' -d ${quoteFish(description)}`
    )
  })
  const conditionOf = (name: string) => name.split(' ').map(seen).join('; and ')
  const options = entries.flatMap(({ name, options }) => {
    const condition = conditionOf(name)
    return Object.entries(options).map(([option, described]) => {
      const { type, short, description } = described
      const letter = short === undefined ? '' : ` -s ${short}`
      const words = valuesOf(described).join(' ')
      const value = type !== 'string' ? '' : words === '' ? ' -r' : ` -x -a '${words}'`
      return `complete -c txtoken -n '${condition}' -l ${option}${letter}${value} -d ${quoteFish(description)}`
    })
  })
  const fixed = listFixed(entries).flatMap(({ after, slot, words }) => {
    if (slot.startsWith('-')) return []
    const before = after.split(' ').length + 1 + Number(slot)
    const isNext = `test (count (string match -v -- "-*" (commandline -opc))) -eq ${before}`
    return `complete -c txtoken -f -n '${conditionOf(after)}; and ${isNext}' -a '${words.join(' ')}'`
  })
  return `${[...lines, ...options, ...fixed].join('\n')}\n`
}

function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
