/** The files that a compiled file loads, found by following its imports. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Where tests run, and the sources that they test beside them. */
const COMPILED = join(import.meta.dirname, '../../build')
/** Static imports, exports from elsewhere, and dynamic imports, as the compiler writes them. */
const IMPORT = /(?:\bfrom |\bimport |\bimport\()"([^"]+)"/g

interface Loaded {
  /** Files of this project, with the file itself: paths as in `src/client/client.ts`. */
  readonly files: ReadonlySet<string>
  /** Packages, and modules of Node.js with their `node:`. */
  readonly modules: ReadonlySet<string>
}

/** @param entry the path of a source from the root of the project on */
export function followImports(entry: string): Loaded {
  const files = new Set<string>()
  const modules = new Set<string>()
  const waiting = [join(COMPILED, entry.replace(/ts$/, 'js'))]
  for (const file of waiting) {
    const path = relative(COMPILED, file).replace(/js$/, 'ts')
    if (files.has(path)) continue
    files.add(path)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (name.startsWith('.')) waiting.push(join(dirname(file), name))
      else modules.add(name)
    }
  }
  return { files, modules }
}
