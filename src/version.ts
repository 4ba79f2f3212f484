/** The version of the program, from its package. */
import { readPackagedFile } from './packaged-file.ts'

const { version } = JSON.parse(readPackagedFile('package.json')) as { version: string }

export const VERSION = version
