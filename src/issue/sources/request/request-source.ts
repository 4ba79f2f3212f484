/** A claim from the request itself. */
import { formatJsonPath, type JsonPath, textAt } from '../../../json/json-path.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import type { Claims } from '../../claims.ts'
import { invalidClaim } from '../../invalid-claim.ts'
import type { IssueRequest, Source } from '../../issue.ts'
import { createReadTexts, describePlaces, onlyText, type Places } from '../places.ts'
import { type ClaimType, itemsOf, readingOf } from './claim-types.ts'

export interface RequestSourceOptions {
  /** The name of the claim. */
  readonly claim: string
  /** Where outside of the body it may stand. */
  readonly places: Places
  /** Where in the client's JSON it may stand, if it is nowhere else. */
  readonly body?: JsonPath | undefined
  readonly type: ClaimType
  /** Whether it is the first item of a comma list that is neither blank nor `*`. */
  readonly takeFirst: boolean
  /** Whether a request without it is refused. */
  readonly required: boolean
  /** What it is in a request without it, as it is. */
  readonly fallback?: JsonText | undefined
  /** Levels that JSON may nest. */
  readonly maxDepth: number
}

const TYPE_NAMES: Readonly<Record<ClaimType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  json: 'valid JSON',
  list: 'a list of texts'
}
const NONE: Claims = new Map()
const EMPTY_TEXT = '""'

/** @throws ServiceError `invalid_request` for a claim that is missing, of another type, or there more than once */
export function createRequestSource(options: RequestSourceOptions): Source {
  const { claim, places, body, type, takeFirst, required, fallback, maxDepth } = options
  const readTexts = createReadTexts(places)
  const { fromText, fromJson } = readingOf(type)
  const takesList = takeFirst || type === 'list'
  const allPlaces = [
    ...describePlaces(places),
    ...(body === undefined ? [] : [`${formatJsonPath(body)} of the body`])
  ].join(' or ')

  return function requestSource(request) {
    const value = readOutside(request) ?? readBody(request) ?? fallback
    if (value !== undefined) return new Map([[claim, value]])
    if (required) throw invalidClaim(`claim ${claim} is missing, expected it in ${allPlaces}`)
    return NONE
  }

  function readOutside(request: IssueRequest): JsonText | undefined {
    const texts = readTexts(request)
    // Lines of a list are one list (RFC 9110, section 5.3).
    const text = takesList ? texts.join(',') : onlyText(texts, `claim ${claim}`)
    if (text === undefined || text === '') return undefined
    return ofType(takeFirst ? toJsonText(firstUsable(text)) : fromText(text, maxDepth))
  }

  function readBody(request: IssueRequest): JsonText | undefined {
    const json = body === undefined ? undefined : request.json()
    const found = json === undefined || body === undefined ? undefined : textAt(json, body)
    if (found === undefined || (found === EMPTY_TEXT && type !== 'json')) return undefined
    const value = ofType(fromJson(found))
    return takeFirst ? toJsonText(firstUsable(JSON.parse(value))) : value
  }

  function ofType(value: JsonText | undefined): JsonText {
    if (value === undefined) throw invalidClaim(`claim ${claim} is not ${TYPE_NAMES[type]}`)
    return value
  }

  function firstUsable(list: string): string {
    const item = itemsOf(list).find((item) => item !== '*')
    // Themis says `invalid partner id` of the claim `partner-id`.
    if (item === undefined) throw invalidClaim(`invalid ${claim.replaceAll(/[-_]/g, ' ')}`)
    return item
  }
}
