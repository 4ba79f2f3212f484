/** URLs with variables in them: `https://example.com/claims/{mac}?partner={pid}`. */
import { reasonAgainst } from './section.ts'
import { parseTemplate, type Variable } from './template.ts'
import { httpUrl } from './urls.ts'

export interface UrlTemplate {
  readonly variables: readonly Variable[]
  /** The names of its variables, in their order. */
  readonly names: readonly string[]
  /**
   * Returns the path and query, with values in place of the variables. No value can leave its place.
   * @param reject makes the error for a value that cannot be in its place, which is then thrown
   */
  readonly fill: (resolve: (name: string) => string, reject: (name: string) => Error) => string
}

const NAME = /^[A-Za-z_]\w*$/
/** Replaces a variable while the URL is parsed, which leaves it as it is. */
const MARK = '~txtoken-variable~'

/** Characters that a proxy may decode once too often: controls, spaces, dots, slashes, backslashes and semicolons, however often they are encoded. */
const ENCODED = /%(?:25)*([01][\da-f]|20|2e|2f|5c|3b|7f)/gi
/** Segments that lead elsewhere (RFC 3986, section 5.2.4) or that servers leave out, also with spaces around them. */
const NO_NAME = /^\s*\.{0,2}\s*$/
/** Some servers end a path at a NUL, or a line at a line end. */
const CONTROL = /\p{Cc}/u
/** Lone surrogates, which UTF-8 cannot encode. */
const NO_TEXT = /\p{Surrogate}/u

/**
 * Reads a URL in which whole segments of the path, and whole values of the query, may be variables, or parts of them (see `template.ts`).
 * @throws TypeError for variables in other places
 */
export function parseUrlTemplate(url: string): UrlTemplate {
  const { texts: parts, variables } = parseTemplate(url)
  const names = variables.map(({ name }) => name)
  const marked = parts.join(MARK)
  const { host, pathname, search } = new URL(marked)
  const texts = (pathname + search).split(MARK)
  const isInQuery = names.map((_name, index) =>
    texts
      .slice(0, index + 1)
      .join('')
      .includes('?')
  )
  const isWhole = names.every(
    (_name, index) =>
      texts[index]?.endsWith(isInQuery[index] ? '=' : '/') &&
      (isInQuery[index] ? /^(?:&|$)/ : /^(?:[/?]|$)/).test(texts[index + 1] ?? '')
  )
  const isNamed = names.every((name) => NAME.test(name)) && !/[{}]/.test(marked)
  if (!isWhole || !isNamed || names.length !== texts.length - 1 || host.includes(MARK)) {
    throw new TypeError('a variable is not a whole segment of the path or value of the query')
  }

  return {
    variables,
    names,
    fill(resolve, reject) {
      let filled = texts[0] ?? ''
      for (const [index, { name, cut }] of variables.entries()) {
        const value = cut(resolve(name))
        const isFit =
          value !== undefined && (isInQuery[index] ? !NO_TEXT.test(value) : isSegment(value))
        if (!isFit) throw reject(name)
        filled += encodeURIComponent(value) + texts[index + 1]
      }
      return filled
    }
  }
}

/**
 * Whether a value, once encoded, is a segment that stays in its place. Many servers decode a path before they split it, and
 * some of the proxies before them do too: `x/../admin` would then be `admin`, and so would `admin/` and `/admin`. Servlet servers
 * drop the parameters of a segment (RFC 3986, section 3.3): `admin;x` would be `admin` too.
 */
function isSegment(value: string): boolean {
  if (NO_TEXT.test(value)) return false
  const decoded = value
    .normalize('NFKC')
    .replace(ENCODED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  if (CONTROL.test(decoded) || decoded.includes(';')) return false
  return decoded.split(/[/\\]/).every((part) => !NO_NAME.test(part))
}

const EXPECTED = 'expected variables to be whole segments of the path or values of the query'

/** The setting that is a URL with variables in it. */
export const urlTemplate = httpUrl.superRefine((text, context) => {
  if (URL.canParse(text) && reasonAgainst(() => parseUrlTemplate(text)) !== undefined) {
    context.addIssue({ code: 'custom', message: EXPECTED })
  }
})
