/** The call to a remote for a request: its URL, headers and body. */
import * as z from 'zod'
import { writeObject } from '../../../json/json-members.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import type { RemoteCall } from '../../../remote/remote.ts'
import { jsonValue } from '../../../settings/json.ts'
import { section } from '../../../settings/section.ts'
import { parseUrlTemplate } from '../../../settings/url-template.ts'
import { invalidClaim } from '../../claims.ts'
import type { Client } from '../../client.ts'
import type { IssueRequest } from '../../issue.ts'
import { createReadTexts, describePlaces, onlyText, type Places, placesShape } from '../places.ts'
import { createWriteForm, createWriteJson, FORM_TYPE, type SentFields } from './sent-body.ts'

/** The body of a call: the client's input as JSON or as a form, the metadata as JSON, or nothing. */
export const BODY_MODES = ['body', 'form', 'metadata', 'nothing'] as const
export type BodyMode = (typeof BODY_MODES)[number]

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
    .describe('A fixed value, in place of one from the request. Default: none.')
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
    'Values for `send: metadata` and for `{name}` in `url`, from the request or fixed. Values that a request does not have are left out. Default: none.'
  )

/** Puts a call together. Throws a ServiceError `invalid_request` for a request that lacks what it needs. */
export type WriteCall = (
  request: IssueRequest
) => Pick<RemoteCall, 'method' | 'path' | 'headers' | 'forwardedFor' | 'body' | 'contentType'>

export interface WriteCallOptions {
  /** Its variables get the values of the metadata with these names, or else of the route's path variables. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly send: BodyMode
  /** The fields that are sent in place of the client's body. */
  readonly fields?: SentFields | undefined
  readonly metadata: readonly MetadataEntry[]
  /** Headers of the client that pass, by their names in lower case. */
  readonly forward: readonly string[]
  /** Whether the remote gets the address of the client. */
  readonly clientAddress: boolean
}

const NO_METADATA: Metadata = new Map()

/** @throws TypeError for a URL with variables where none may be */
export function createWriteCall(options: WriteCallOptions): WriteCall {
  const { url, method, send, metadata: entries, clientAddress } = options
  const forward = clientAddress
    ? options.forward.filter((name) => name !== 'x-forwarded-for')
    : options.forward
  const template = parseUrlTemplate(url)
  const readMetadata = entries.length === 0 ? undefined : createReadMetadata(entries)
  const isFixed = template.names.length === 0
  const contentType = send === 'form' ? FORM_TYPE : undefined
  const writeBody = createWriteBody(options)
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
      path: isFixed
        ? undefined
        : template.fill((name) => resolve(name, request, metadata), rejectValue),
      headers: forward.length === 0 ? undefined : forwarded(request),
      forwardedFor: clientAddress ? request.client().forwardedFor : undefined,
      body: writeBody(request, metadata),
      contentType
    }
  }

  function resolve(name: string, { variables }: IssueRequest, metadata: Metadata): string {
    const value = metadata.get(name)
    if (value !== undefined) return value.startsWith('"') ? JSON.parse(value) : value
    const message = missing.get(name)
    if (message !== undefined) throw invalidClaim(message)
    return variables()[name] ?? ''
  }

  function forwarded(request: IssueRequest): Record<string, string> {
    return Object.fromEntries(
      forward.flatMap((name) => {
        const given = request.headers[name]
        const item = APPENDED.get(name)?.(request.client())
        const value = item === undefined ? given : append(given, item)
        return typeof value === 'string' ? [[name, value]] : []
      })
    )
  }
}

/** Lists to which each forwarding hop appends its peer, in their own form (RFC 7239, sections 4 and 6). */
const APPENDED: ReadonlyMap<string, (client: Client) => string> = new Map([
  ['x-forwarded-for', ({ connection = 'unknown' }) => connection],
  [
    'forwarded',
    ({ connection = 'unknown' }) =>
      connection.includes(':') ? `for="[${connection}]"` : `for=${connection}`
  ]
])

function append(list: string | string[] | undefined, item: string): string {
  return list === undefined || list === '' ? item : `${list}, ${item}`
}

/** @returns a function that returns undefined where nothing is sent */
function createWriteBody({ send, fields }: Pick<WriteCallOptions, 'send' | 'fields'>) {
  switch (send) {
    case 'body':
      return createWriteJson(fields)
    case 'form':
      return createWriteForm(fields)
    case 'metadata':
      return (_request: IssueRequest, metadata: Metadata) => writeMetadata(metadata)
    case 'nothing':
      return () => undefined
  }
}

/** One name, and where in a request its value is; or the value itself. */
interface MetadataEntry extends Places {
  readonly name: string
  readonly value?: JsonText | undefined
}

/** Values by name, in the order of the entries, without those that a request lacks. */
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

function rejectValue(name: string) {
  return invalidClaim(`${name} cannot be part of a URL`)
}
