/** What a remote is sent for a request: where to, which headers, which body. */
import * as z from 'zod'
import { writeObject } from '../../../json/json-members.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import type { RemoteCall } from '../../../remote/remote.ts'
import { jsonValue } from '../../../settings/json.ts'
import { section } from '../../../settings/section.ts'
import { invalidClaim } from '../../claims.ts'
import type { IssueRequest } from '../../issue.ts'
import { createReadTexts, describePlaces, onlyText, type Places, placesShape } from '../places.ts'
import { parseUrlTemplate } from './url-template.ts'

/** What the body of a call is: the client's JSON as it came, the metadata as JSON, or nothing. */
export const BODY_MODES = ['body', 'metadata', 'nothing'] as const
type BodyMode = (typeof BODY_MODES)[number]

/** The body of a call whose source has no `send`. */
export function bodyModeOf({
  method,
  send = method === 'GET' ? 'nothing' : 'body'
}: {
  readonly method?: 'GET' | 'POST' | undefined
  readonly send?: BodyMode | undefined
}): BodyMode {
  return send
}

const NAME_EXPECTED = 'expected a name'

const metadataEntry = section({
  name: z
    .string(NAME_EXPECTED)
    .min(1, NAME_EXPECTED)
    .describe('The name of the value: in the JSON that is sent, and as `{name}` in the URL.'),
  ...placesShape,
  value: jsonValue
    .optional()
    .describe('The value itself, where no place of the request has it. Default: none.')
}).refine(
  ({ header, parameter, variable, value }) =>
    (value === undefined) !== [header, parameter, variable].every((place) => place === undefined),
  { error: 'expected at least one of header, parameter, variable, or else value' }
)

/** The setting `metadata`. */
export const metadata = z
  .array(metadataEntry, 'expected a list of metadata')
  .min(1, 'expected at least one entry')
  .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, {
    error: 'expected each name once'
  })
  .optional()
  .describe(
    'What is sent to the remote about a request; what a request does not have is left out. Default: none.'
  )

/** Puts a call together. Throws a ServiceError `invalid_request` for a request that lacks what it needs. */
export type WriteCall = (
  request: IssueRequest
) => Pick<RemoteCall, 'method' | 'path' | 'headers' | 'body'>

export interface WriteCallOptions {
  /** Its variables have the values of the metadata of these names, or else of the route's path variables. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly send: BodyMode
  readonly metadata: readonly MetadataEntry[]
  /** Headers of the client that pass, by their names in lower case. */
  readonly forward: readonly string[]
}

const NO_METADATA: Metadata = new Map()

/** @throws TypeError for a URL with variables where none may be */
export function createWriteCall(options: WriteCallOptions): WriteCall {
  const { url, method, send, metadata: entries, forward } = options
  const template = parseUrlTemplate(url)
  const readMetadata = entries.length === 0 ? undefined : createReadMetadata(entries)
  const isFixed = template.names.length === 0
  const missing = new Map(
    entries.map((entry) => [
      entry.name,
      `${entry.name} is missing, expected it in ${describeEntry(entry)}`
    ])
  )

  return function writeCall(request) {
    const metadata = readMetadata === undefined ? NO_METADATA : readMetadata(request)
    return {
      method,
      path: isFixed ? undefined : template.fill((name) => resolve(name, request, metadata)),
      headers: forward.length === 0 ? undefined : forwarded(request),
      body: bodyOf(request, metadata)
    }
  }

  function resolve(name: string, { variables }: IssueRequest, metadata: Metadata): string {
    const value = metadata.get(name)
    if (value !== undefined) return value.startsWith('"') ? JSON.parse(value) : value
    const message = missing.get(name)
    if (message !== undefined) throw invalidClaim(message)
    return variables()[name] ?? ''
  }

  function bodyOf(request: IssueRequest, metadata: Metadata): Uint8Array | undefined {
    switch (send) {
      case 'body':
        return request.body
      case 'metadata':
        return writeMetadata(metadata)
      case 'nothing':
        return undefined
    }
  }

  function forwarded({ headers: given }: IssueRequest): Record<string, string> {
    return Object.fromEntries(
      forward.flatMap((name) => {
        const value = given[name]
        return typeof value === 'string' ? [[name, value]] : []
      })
    )
  }
}

/** One name, and where in a request its value is; or the value itself. */
interface MetadataEntry extends Places {
  readonly name: string
  readonly value?: JsonText | undefined
}

/** Values by their names, in the order of the entries. What a request does not have is left out. */
type Metadata = ReadonlyMap<string, JsonText>

/** @throws ServiceError `invalid_request` for a value that is given more than once */
function createReadMetadata(
  entries: readonly MetadataEntry[]
): (request: IssueRequest) => Metadata {
  const readers = entries.map((entry) => ({ ...entry, readTexts: createReadTexts(entry) }))

  return function readMetadata(request) {
    const metadata = new Map<string, JsonText>()
    for (const { name, value, readTexts } of readers) {
      const text = value === undefined ? onlyText(readTexts(request), name) : undefined
      const found = value ?? (text === undefined ? undefined : toJsonText(text))
      if (found !== undefined) metadata.set(name, found)
    }
    return metadata
  }
}

/** Names where a request may have the value of an entry. */
function describeEntry(entry: MetadataEntry): string {
  return describePlaces(entry).join(' or ')
}

/** One JSON object, in UTF-8. */
function writeMetadata(metadata: Metadata): Uint8Array {
  return Buffer.from(writeObject(metadata))
}
