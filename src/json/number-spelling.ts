/** Numbers in text, and one spelling for all spellings of a number. */
import type { JsonText } from './json-text.ts'

/** RFC 8259, section 6. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Whether text is a number of JSON. */
export function isNumberText(text: string): text is JsonText {
  return NUMBER.test(text)
}

/**
 * Spells a number by its value: `1234`, `1234.0` and `1.234e3` alike. Integers keep all digits, and no exponent is expanded. Numbers that are
 * no integers are spelled without their fractions: some readers drop these, or round them away.
 * @returns undefined for text that is no number of JSON
 */
export function spellNumber(text: string): string | undefined {
  const spelled = spell(text)
  if (spelled === undefined || spelled.power >= 0) return spelled?.text
  return spell(String(Math.trunc(Number(text))))?.text ?? text
}

function spell(text: string): { text: string; power: number } | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = whole + fraction
  // Loops: a pattern for trailing zeros would take quadratic time.
  let start = 0
  while (digits[start] === '0') start++
  if (start === digits.length) return { text: '0e0', power: 0 }
  let end = digits.length
  while (digits[end - 1] === '0') end--
  // An exponent beyond 2^53 is rounded. Every reader takes such numbers for infinite or 0.
  const power = Number(exponent) + digits.length - end - fraction.length
  return { text: `${sign}${digits.slice(start, end)}e${power}`, power }
}
