/** What a token says, for people and for programs. */
import type { Token } from '../../keys/token.ts'

/** One JSON object. Header and claims are spliced in as they stand in the token, digit for digit. */
export function toJson({ headerText, payloadText }: Token, said: object): string {
  const members = JSON.stringify(said).slice(1, -1)
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

/** What a terminal hides, obeys or turns around: controls, and marks of the direction. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** The same JSON with all that is in it to be seen: anyone can have written it. */
function toVisible(text: string): string {
  return text.replaceAll(UNSEEN, (character) =>
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
