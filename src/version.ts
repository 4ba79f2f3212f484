/** The version of the program, as its package says. */
import { readPackagedFile } from './packaged-file.ts'

const { version } = JSON.parse(readPackagedFile('package.json')) as { version: string }

export const VERSION = version
