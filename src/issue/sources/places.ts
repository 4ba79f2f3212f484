/** The places of a request that a text may be in: a header, a parameter of the query or of a form, a variable of the path. */
import * as z from 'zod'
import { headerName } from '../../settings/headers.ts'
import { at, givenOf, type PartialOf, type Placed } from '../../settings/placed.ts'
import { invalidClaim } from '../claims.ts'
import type { IssueRequest } from '../issue.ts'
import type { SourceNames } from './source-kind.ts'

export interface Places {
  /** The name of a header, in lower case. */
  readonly header?: string | undefined
  readonly parameter?: string | undefined
  readonly variable?: string | undefined
}

const PARAMETER_EXPECTED = 'expected the name of a parameter'
const VARIABLE_EXPECTED = "expected the name of a variable in the route's path"

/** The settings that give places. */
export const placesShape = {
  header: headerName
    .optional()
    .describe('The header that has the value. It wins over all other places. Default: none.'),
  parameter: z
    .string(PARAMETER_EXPECTED)
    .min(1, PARAMETER_EXPECTED)
    .optional()
    .describe('The parameter that has the value, in the query or in a form body. Default: none.'),
  variable: z
    .string(VARIABLE_EXPECTED)
    .min(1, VARIABLE_EXPECTED)
    .optional()
    .describe("The variable of the route's path that has the value. Default: none.")
}

/** Returns the texts of the first place that has any; several where the client has put several there. None is empty. */
export type ReadTexts = (request: IssueRequest) => readonly string[]

/** Bytes that are not UTF-8 become this character when a query or a form is read, so that different texts would be equal. */
const REPLACEMENT = '\ufffd'
const BEYOND_ASCII = /[\u0080-\u00ff]/
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A header wins over a parameter, a parameter over a variable. An empty value counts as missing. */
export function createReadTexts({ header, parameter, variable }: Places): ReadTexts {
  return function readTexts(request) {
    if (header !== undefined) {
      const texts = present(request.headerLines(header)).map((text) => decode(text, header))
      if (texts.length > 0) return texts
    }
    if (parameter !== undefined) {
      const texts = present(request.parameters().getAll(parameter))
      if (texts.some((text) => text.includes(REPLACEMENT))) {
        throw invalidClaim(`parameter ${parameter} is not valid UTF-8`)
      }
      if (texts.length > 0) return texts
    }
    return variable === undefined ? [] : present([request.variables()[variable] ?? ''])
  }
}

/**
 * The single text, if any. Two are rejected: a proxy in front may have decided by the other.
 * @param what names its purpose
 * @throws ServiceError `invalid_request` for more than one
 */
export function onlyText(texts: readonly string[], what: string): string | undefined {
  if (texts.length > 1) {
    throw invalidClaim(`${what} is given ${texts.length} times, expected it once`)
  }
  return texts[0]
}

/** The header and the variable of places in the configuration. */
export function namesOfPlaces(places: Placed<PartialOf<Places>>): SourceNames {
  return { variables: givenOf(at(places, 'variable')), headers: givenOf(at(places, 'header')) }
}

/** Names the places, so that the client knows where a text may be. */
export function describePlaces({ header, parameter, variable }: Places): string[] {
  return [
    ...(header === undefined ? [] : [`header ${header}`]),
    ...(parameter === undefined ? [] : [`parameter ${parameter}`]),
    ...(variable === undefined ? [] : [`path variable ${variable}`])
  ]
}

function present(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text !== '')
}

/** Node.js reads header fields as a character for each byte (RFC 9110, section 5.5); what is beyond ASCII is UTF-8 today. */
function decode(text: string, header: string): string {
  if (!BEYOND_ASCII.test(text)) return text
  try {
    return utf8.decode(Buffer.from(text, 'latin1'))
  } catch {
    throw invalidClaim(`header ${header} is not valid UTF-8`)
  }
}
