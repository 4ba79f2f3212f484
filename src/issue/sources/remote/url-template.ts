/** URLs with variables in them: `https://example.com/claims/{mac}?partner={pid}`. */
import { reasonAgainst } from '../../../settings/section.ts'
import { httpUrl } from '../../../settings/urls.ts'
import { invalidClaim } from '../../claims.ts'

export interface UrlTemplate {
  /** The names of its variables, in their order. */
  readonly names: readonly string[]
  /**
   * Gives the path and query, with values in place of the variables. No value can leave its place.
   * @throws ServiceError `invalid_request` for a value that cannot be there
   */
  readonly fill: (resolve: (name: string) => string) => string
}

const VARIABLE = /\{([A-Za-z_]\w*)\}/g
/** Replaces a variable while the URL is parsed, which leaves it as it is. */
const MARK = '~txtoken-variable~'

/** Segments that lead elsewhere (RFC 3986, section 5.2.4), also once some proxy has decoded the slashes around them. */
const DOTS = /(?:^|[/\\])\.\.?(?:[/\\]|$)/
/** Halves of characters, which UTF-8 cannot hold. */
const NO_TEXT = /\p{Surrogate}/u

/**
 * Reads a URL in which whole segments of the path, and whole values of the query, may be variables.
 * @throws TypeError for variables in other places
 */
export function parseUrlTemplate(url: string): UrlTemplate {
  const names = [...url.matchAll(VARIABLE)].map(([, name = '']) => name)
  const marked = url.replaceAll(VARIABLE, MARK)
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
  if (!isWhole || names.length !== texts.length - 1 || host.includes(MARK) || /[{}]/.test(marked)) {
    throw new TypeError('a variable is not a whole segment of the path or value of the query')
  }

  return {
    names,
    fill(resolve) {
      let filled = texts[0] ?? ''
      for (const [index, name] of names.entries()) {
        const value = resolve(name)
        const isFit = isInQuery[index] ? !NO_TEXT.test(value) : isSegment(value)
        if (!isFit) throw invalidClaim(`${name} cannot be part of a URL`)
        filled += encodeURIComponent(value) + texts[index + 1]
      }
      return filled
    }
  }
}

/** Whether a value, once encoded, is a segment that stays where it is put. */
function isSegment(value: string): boolean {
  return value !== '' && !DOTS.test(value) && !NO_TEXT.test(value)
}

const EXPECTED = 'expected variables to be whole segments of the path or values of the query'

/** The setting that is a URL with variables in it. */
export const urlTemplate = httpUrl.superRefine((text, context) => {
  if (URL.canParse(text) && reasonAgainst(() => parseUrlTemplate(text)) !== undefined) {
    context.addIssue({ code: 'custom', message: EXPECTED })
  }
})
