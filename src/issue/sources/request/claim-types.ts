/** The types that a claim taken from a request may have, and how texts and JSON become one of them. */
import { trimBlanks } from '../../../blanks.ts'
import { everyItem } from '../../../json/json-members.ts'
import { type JsonText, JsonTextError, parseJsonText, toJsonText } from '../../../json/json-text.ts'
import { isNumberText } from '../../../json/number-spelling.ts'

export const CLAIM_TYPES = ['string', 'number', 'boolean', 'json', 'list'] as const
export type ClaimType = (typeof CLAIM_TYPES)[number]

/** Both return undefined for a value of another type. No digit is lost. */
interface Reading {
  /** Of a text outside of JSON. */
  readonly fromText: (text: string, maxDepth: number) => JsonText | undefined
  readonly fromJson: (text: JsonText) => JsonText | undefined
}

const readings: Readonly<Record<ClaimType, Reading>> = {
  string: {
    fromText: toJsonText,
    fromJson: (text) => (isString(text) ? text : undefined)
  },
  number: { fromText: readNumber, fromJson: readNumber },
  boolean: { fromText: readBoolean, fromJson: readBoolean },
  json: { fromText: readJson, fromJson: (text) => text },
  list: {
    fromText: (text) => toJsonText(itemsOf(text)),
    fromJson: (text) => (isListOfStrings(text) ? text : undefined)
  }
}

/** How texts and JSON become claims of a type. */
export function readingOf(type: ClaimType): Reading {
  return readings[type]
}

/** The items of a comma list (RFC 9110, section 5.6.1), without those that are blank. */
export function itemsOf(list: string): string[] {
  return list
    .split(',')
    .map(trimBlanks)
    .filter((item) => item !== '')
}

function readNumber(text: string): JsonText | undefined {
  return isNumberText(text) ? text : undefined
}

function readBoolean(text: string): JsonText | undefined {
  return text === 'true' || text === 'false' ? (text as JsonText) : undefined
}

function readJson(text: string, maxDepth: number): JsonText | undefined {
  try {
    return parseJsonText(text, maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) return undefined
    throw error
  }
}

function isListOfStrings(text: JsonText): boolean {
  return text.startsWith('[') && everyItem(text, isString)
}

function isString(text: JsonText): boolean {
  return text.startsWith('"')
}
