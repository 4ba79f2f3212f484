/** Random JSON texts (RFC 8259), spelled in every way that the grammar allows. */
import fc from 'fast-check'

/** A JSON text in two spellings. */
export interface Spelled {
  /** With white space wherever it is allowed. */
  readonly spaced: string
  /** The same without it. */
  readonly compact: string
}

const number = fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,4})?$/)

const character = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => text.replace(/[\\"]|\p{Cc}/gu, '')),
  fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    ' ',
    '  ',
    '{',
    ']',
    ','
  ),
  fc.stringMatching(/^\\u[0-9a-fA-F]{4}$/),
  fc.constantFrom('\u2028', '\u00a0', '\ufeff', '\u007f', '\\ud800', '\\udfff\\ud800', '\\u0000')
)

const text = fc
  .oneof(
    fc.array(character, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.constantFrom('__proto__', 'constructor', 'toJSON', '')
  )
  .map((content) => `"${content}"`)

/** The tokens of a JSON text (RFC 8259, section 2). */
const { value } = fc.letrec<{ value: string[]; list: string[]; map: string[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(number, text, fc.constantFrom('true', 'false', 'null')).map((token) => [token]),
    tie('list'),
    tie('map')
  ),
  list: fc.array(tie('value'), { maxLength: 4 }).map((items) => ['[', ...separated(items), ']']),
  map: fc
    .array(fc.tuple(text, tie('value')), { maxLength: 4 })
    .map((members) => ['{', ...separated(members.map(([name, item]) => [name, ':', ...item])), '}'])
}))

function separated(items: readonly string[][]): string[] {
  return items.flatMap((item, index) => (index === 0 ? item : [',', ...item]))
}

const whiteSpace = fc.stringMatching(/^[ \t\r\n]{0,2}$/)

export const spelledJson: fc.Arbitrary<Spelled> = value.chain((tokens) =>
  fc
    .array(whiteSpace, { minLength: tokens.length + 1, maxLength: tokens.length + 1 })
    .map(([first = '', ...rest]) => ({
      spaced: first + tokens.map((token, index) => token + rest[index]).join(''),
      compact: tokens.join('')
    }))
)
