/** Cleans texts from files, environment variables and dashboards, and escapes texts for terminals and logs. */

/** `docker --env-file` leaves a lone CR of a file with Windows line ends. */
const ADDED = /^\uFEFF|[\r\n]+$/g

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs
/** `\n` as two characters, or more where it was escaped twice: PEM and base64 have no backslashes of their own (RFC 7468, section 3). */
const WRITTEN_LINE_END = /\\+[nr]/g
/** A header of an encrypted PKCS#1 or SEC1 key (RFC 1421, section 4.6.1), such as `DEK-Info: AES-256-CBC,...`. */
const PEM_HEADER = /[A-Za-z-]+: \S+/g
const PEM_LINE = /.{1,64}/g

/** Characters that a terminal hides or interprets: controls, marks of the text direction, and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu

/** Escapes invisible characters as JSON does, in a text that anyone could have written. */
export function toVisible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  )
}

/** Removes a byte order mark in front, and line ends after the text. */
export function trimText(text: string): string {
  return text.replaceAll(ADDED, '')
}

/**
 * Removes accidental characters of a secret or a key, so that a text has the same value wherever it is: as {@link trimText}, and in PEM
 * indentation, Windows line ends, and line ends that are written out as `\n` or were folded into blanks.
 */
export function cleanText(text: string): string {
  const meant = trimText(text)
  return isPem(meant) && !isJson(meant) ? cleanPem(meant) : meant
}

/** Whether a text can only be JSON, however broken: it may quote PEM. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/** Whether a text is PEM, however broken. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

/** Replaces line ends that are written out. */
export function readLineEnds(text: string): string {
  return text.replaceAll(WRITTEN_LINE_END, '\n')
}

/** Writes each block as in RFC 7468, which OpenSSL reads. A text without a complete block stays unchanged. */
function cleanPem(text: string): string {
  const blocks = Array.from(readLineEnds(text).matchAll(PEM_BLOCK), ([, label, body = '']) => {
    const headers = body.match(PEM_HEADER) ?? []
    const lines = body.replaceAll(PEM_HEADER, '').replaceAll(/\s/g, '').match(PEM_LINE) ?? []
    const head = headers.length === 0 ? [] : [...headers, '']
    return [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`].join('\n')
  })
  return blocks.length === 0 ? text : blocks.join('\n')
}
