/** The texts that a configuration was made of, so that another process makes the same of it whatever has happened to the files since. */
import { type ReadText, readTextFile, TextFileError } from '../settings/text-file.ts'
import type { LoadedConfig } from './load.ts'

/** What was read, by path: a text, or why there was none. Has secrets in it. */
export type RecordedTexts = Readonly<Record<string, { text: string } | { error: string }>>

/** A configuration, and all that it was made of. */
export interface RecordedConfig {
  readonly loaded: LoadedConfig
  readonly texts: RecordedTexts
}

interface TextRecorder {
  readonly readText: ReadText
  readonly texts: () => RecordedTexts
}

/** Reads files from the disk, each once, and keeps what was read. */
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

/** Reads what was recorded, and nothing from the disk. */
export function createTextReplay(texts: RecordedTexts): ReadText {
  return function replayText(path) {
    return textOf(texts[path] ?? { error: 'not read before' })
  }
}

function textOf(result: { text: string } | { error: string }): string {
  if ('text' in result) return result.text
  throw new TextFileError(result.error)
}
