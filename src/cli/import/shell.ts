/** The variables that a script of a shell sets: `NAME=value` and `export NAME=value`, with quotes and comments. All else in it is ignored. */

const QUOTED = String.raw`'[^']*'|"(?:[^"\\]|\\.)*"|\\.`
const END = String.raw`\s"'\\;&|<>()`
/** A separator of commands, a comment, or a word; a number sign inside of a word is part of it. */
const TOKEN = new RegExp(
  `[\n;&|()]|#[^\n]*|((?:${QUOTED}|[^#${END}])(?:${QUOTED}|[^${END}])*)`,
  'gs'
)
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s
/** Assignments may follow these words in a command. */
const BEFORE_ASSIGNMENT = /^(?:export|readonly|declare|typeset|local|env|then|else|do|-\w+)$/

/** Whether a line is one of a shell. No key of YAML or JSON looks like that. */
const SHELL_LINE = /^\s*(?:export\s+)?[A-Za-z_]\w*=/
const YAML_LINE = /^["']?[\w.-]+["']?\s*:(?:\s|$)/

/** Whether a text is a script of a shell, and not YAML, in which a text may have such lines. */
export function isShell(text: string): boolean {
  const lines = text.split('\n')
  return lines.some((line) => SHELL_LINE.test(line)) && !lines.some((line) => YAML_LINE.test(line))
}

/** The last value of each variable. Variables in values are not replaced. */
export function parseShell(text: string): Readonly<Record<string, string>> {
  const values = new Map<string, string>()
  let isStart = true
  for (const [token, word] of text.replaceAll(/\\\r?\n/g, '').matchAll(TOKEN)) {
    if (word === undefined) {
      isStart ||= !token.startsWith('#')
      continue
    }
    const [, name, value = ''] = (isStart && ASSIGNMENT.exec(word)) || []
    if (name !== undefined) values.set(name, unquote(value))
    isStart &&= name !== undefined || BEFORE_ASSIGNMENT.test(word)
  }
  return Object.fromEntries(values)
}

function unquote(value: string): string {
  return value.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_match, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\([$`"\\])/g, '$1') ?? escaped ?? ''
  )
}
