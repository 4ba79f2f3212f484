/** What a remote is told about a request, beside or in place of the client's JSON. */
import { writeObject } from '../../../json/json-object.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import type { IssueRequest } from '../../issue.ts'
import { createReadTexts, describePlaces, onlyText, type Places } from '../places.ts'

/** One name, and where its value stands in a request; or the value itself. */
export interface MetadataEntry extends Places {
  readonly name: string
  readonly value?: JsonText | undefined
}

/** By their names, in the order of the entries. What a request does not have is not there. */
export type Metadata = ReadonlyMap<string, JsonText>

/** @throws ServiceError `invalid_request` for a value that is given more than once */
export function createReadMetadata(
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
export function describeEntry(entry: MetadataEntry): string {
  return describePlaces(entry).join(' or ')
}

/** One JSON object, in UTF-8. */
export function writeMetadata(metadata: Metadata): Uint8Array {
  return Buffer.from(writeObject(metadata))
}
