/** Files of the package that the program reads: they are beside its folder, and inside of the standalone binary. */
import { readFileSync } from 'node:fs'

/** @param name the path of the file, from the root of the package on */
export function readPackagedFile(name: string): string {
  return readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
}
