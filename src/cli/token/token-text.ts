/** How the commands read a token, and write what is in it, for people and for programs. */
import type { Token } from '../../keys/token.ts'
import type { CommandContext } from '../command.ts'

/** For the help of the commands: why the token should not be an argument. */
export const INPUT_ADVICE =
  'The token comes from standard input, as it is or as {"token":"..."}; as an argument it would be visible in the process list and in the shell history.'

/** Reads a token, or the answer of a token route with one in it. */
export async function readToken(
  argument: string | undefined,
  { readInput }: CommandContext
): Promise<string> {
  const text = (argument === undefined || argument === '-' ? await readInput() : argument).trim()
  if (!text.startsWith('{')) return text
  try {
    const { token } = JSON.parse(text) as { token?: unknown }
    return typeof token === 'string' ? token : text
  } catch {
    return text
  }
}

/** One JSON object. Header and claims are copied from the token, digit for digit. */
export function toJson({ headerText, payloadText }: Token, verdict: object): string {
  const members = JSON.stringify(verdict).slice(1, -1)
  return `{${members},"header":${headerText},"claims":${payloadText}}\n`
}

/** Lines for people: header, claims, and the times in them as dates. */
export function toLines({ headerText, payloadText, payload }: Token): string {
  const times = ['iat', 'nbf', 'exp'].flatMap((name) => {
    const date = toDate(payload[name])
    return date === undefined ? [] : [`${name}: ${date}`]
  })
  const lines = [`header: ${toVisible(headerText)}`, `claims: ${toVisible(payloadText)}`, ...times]
  return `${lines.join('\n')}\n`
}

/** Characters that a terminal hides or obeys: controls, and marks of the text direction. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Escapes invisible characters of a JSON text, since anyone could have written it. */
function toVisible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  )
}

function toDate(seconds: unknown): string | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
