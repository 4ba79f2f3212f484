/** The texts that a configuration was read from, so that another process gets the same configuration whatever has happened to the files since. */
import { type ReadText, readTextFile, TextFileError } from '../settings/text-file.ts'
import type { LoadedConfig } from './load.ts'

/** The texts by path, or the error of reading. It contains secrets. */
export type RecordedTexts = Readonly<Record<string, { text: string } | { error: string }>>

/** A configuration, and all texts that it was read from. */
export interface RecordedConfig {
  readonly loaded: LoadedConfig
  readonly texts: RecordedTexts
}

interface TextRecorder {
  readonly readText: ReadText
  readonly texts: () => RecordedTexts
}

/** Reads files from the disk, each once, and records them. */
export function createTextRecorder(): TextRecorder {
  const recorded = new Map<string, { text: string } | { error: string }>()

  function read(path: string): { text: string } | { error: string } {
    try {
      return { text: readTextFile(path) }
    } catch (error) {
      if (!(error instanceof TextFileError)) throw error
      return { error: error.message }
    }
  }

  return {
    readText(path) {
      const result = recorded.get(path) ?? read(path)
      recorded.set(path, result)
      return textOf(result)
    },
    texts: () => Object.fromEntries(recorded)
  }
}

/** Reads recorded texts, and nothing from the disk. */
export function createTextReplay(texts: RecordedTexts): ReadText {
  return function replayText(path) {
    return textOf(texts[path] ?? { error: 'not read before' })
  }
}

function textOf(result: { text: string } | { error: string }): string {
  if ('text' in result) return result.text
  throw new TextFileError(result.error)
}
