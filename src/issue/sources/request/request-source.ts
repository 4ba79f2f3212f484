/** The source `request`: a claim from the request itself. */
import * as z from 'zod'
import { formatJsonPath, textAt } from '../../../json/json-path.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import { jsonPath, jsonValue } from '../../../settings/json.ts'
import { flag } from '../../../settings/quantities.ts'
import { section } from '../../../settings/section.ts'
import { type Claims, invalidClaim, twiceInBody } from '../../claims.ts'
import type { IssueRequest, Source } from '../../issue.ts'
import { foreignClaimName } from '../claim-name.ts'
import { createReadTexts, describePlaces, namesOfPlaces, onlyText, placesShape } from '../places.ts'
import type { SourceContext, SourceKind } from '../source-kind.ts'
import { CLAIM_TYPES, type ClaimType, itemsOf, readingOf } from './claim-types.ts'

/** Where a claim may be. An entry has at least one of these. */
const PLACE_SETTINGS = ['header', 'parameter', 'variable', 'body'] as const

const requestSchema = section({
  from: z.literal('request', 'expected request').describe('A claim from the request itself.'),
  claim: foreignClaimName.describe('The name of the claim.'),
  ...placesShape,
  body: jsonPath
    .optional()
    .describe(
      'Path of the value in the JSON body, or the name of a field of a form. It is read if no other place has the value. The digits of numbers are kept. Default: none.'
    ),
  default: jsonValue
    .optional()
    .describe(
      'The value for a request that has none, of any type. Default: none, the claim is left out.'
    ),
  required: flag
    .default(false)
    .describe('Whether a request without the value is rejected (400). Default: false.'),
  type: z
    .enum(CLAIM_TYPES, `expected ${CLAIM_TYPES.join(', ')}`)
    .default('string')
    .describe(
      'The type of the value. A request with another type is rejected (400). In a header, a parameter, a path variable or a form `list` is a comma list, and `json` any JSON text. Default: string.'
    ),
  take: z
    .literal('first-of-list', 'expected first-of-list')
    .optional()
    .describe(
      '`first-of-list` takes the first item of a comma list that is neither blank nor `*`; a list without one is rejected (400). Default: all of it is taken.'
    )
})
  .refine((entry) => PLACE_SETTINGS.some((place) => entry[place] !== undefined), {
    error: `expected at least one of ${PLACE_SETTINGS.join(', ')}`
  })
  .refine(({ required, default: fallback }) => !required || fallback === undefined, {
    error: 'expected no default, since it is required',
    path: ['default']
  })
  .refine(({ take, type }) => take === undefined || type === 'string', {
    error: 'only goes with the type string',
    path: ['take']
  })

type RequestConfig = z.output<typeof requestSchema>

export const requestKind = {
  from: 'request',
  settings: () => requestSchema,
  create: createRequestSource,
  inputs: ({ claim, required, header, parameter, variable, body, type }) => {
    const places = [header, parameter, variable, body].filter((place) => place !== undefined)
    const description = `The claim \`${claim}\`.`
    const sample = SAMPLES[type]
    const isOnly = places.length === 1
    return [{ header, parameter, body, sample, description, required: required && isOnly }]
  },
  names: namesOfPlaces,
  addresses: () => [],
  setsSubject: () => false,
  sendsBody: () => false
} satisfies SourceKind<RequestConfig>

/** For examples of bodies. */
const SAMPLES: Readonly<Record<ClaimType, unknown>> = {
  string: 'any text',
  number: 1,
  boolean: true,
  json: { any: 'JSON' },
  list: ['admin']
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

/** @throws ServiceError `invalid_request` for a claim that is missing, duplicate, or of another type */
function createRequestSource(
  config: RequestConfig,
  { limits }: Pick<SourceContext, 'limits'>
): Source {
  const { claim, header, parameter, variable, body, type, required, default: fallback } = config
  const places = { header, parameter, variable }
  const maxDepth = limits.depth
  const takeFirst = config.take === 'first-of-list'
  const readTexts = createReadTexts(places)
  const rejectTwice = twiceInBody(body ?? [])
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
    const found =
      json === undefined || body === undefined ? undefined : textAt(json, body, rejectTwice)
    const isForm = request.isForm()
    if (found === undefined || (found === EMPTY_TEXT && (isForm || type !== 'json')))
      return undefined
    const value = ofType(isForm ? fromText(JSON.parse(found), maxDepth) : fromJson(found))
    return takeFirst ? toJsonText(firstUsable(JSON.parse(value))) : value
  }

  function ofType(value: JsonText | undefined): JsonText {
    if (value === undefined) throw invalidClaim(`claim ${claim} is not ${TYPE_NAMES[type]}`)
    return value
  }

  function firstUsable(list: string): string {
    const item = itemsOf(list).find((item) => item !== '*')
    // Themis answers `invalid partner id` for the claim `partner-id`.
    if (item === undefined) throw invalidClaim(`invalid ${claim.replaceAll(/[-_]/g, ' ')}`)
    return item
  }
}
