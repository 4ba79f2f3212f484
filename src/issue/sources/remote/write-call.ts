/** What a remote is sent for a request: where to, which headers, which body. */
import type { RemoteCall } from '../../../remote/remote.ts'
import { invalidClaim } from '../../invalid-claim.ts'
import type { IssueRequest } from '../../issue.ts'
import {
  createReadMetadata,
  describeEntry,
  type Metadata,
  type MetadataEntry,
  writeMetadata
} from './metadata.ts'
import { parseUrlTemplate } from './url-template.ts'

/** The client's JSON as it came, the metadata as JSON, or no body. */
export const SENDINGS = ['body', 'metadata', 'nothing'] as const
type Sending = (typeof SENDINGS)[number]

/** Puts a call together. Throws a ServiceError `invalid_request` for a request that lacks what it needs. */
export type WriteCall = (
  request: IssueRequest
) => Pick<RemoteCall, 'method' | 'path' | 'headers' | 'body'>

export interface WriteCallOptions {
  /** Its variables have the values of the metadata of these names, or else of the route's path variables. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly send: Sending
  readonly metadata: readonly MetadataEntry[]
  /** Headers of the client that pass, by their names in lower case. */
  readonly forward: readonly string[]
}

const NO_METADATA: Metadata = new Map()

/** @throws TypeError for a URL whose variables stand where none may */
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
