/**
 * Compiles sources and tests once, before a run of the tests, so that none of their processes has to.
 *
 * Each file of `src/`, `test/`, `bench/` and `scripts/` becomes one below `build/`. There `import.meta.url` and
 * `import.meta.dirname` are still those of the source, so that paths mean the same in both.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'build')
const JOINED = join(OUT, 'folders')
const FOLDERS = ['src', 'test', 'bench', 'scripts']

/** The place of `.ts` in an import of a file of this project, as esbuild writes imports. */
const OWN_IMPORT = /(?<=(?:\bfrom |\bimport ?\(?)"\.[^"\n]*\.)ts(?=")/g

/** Compiles everything each time: that takes half a second, and no file is ever out of date. */
export async function compile() {
  const before = (await Promise.all(FOLDERS.map((folder) => listFiles(join(OUT, folder))))).flat()
  const files = (await Promise.all(FOLDERS.map((folder) => listFiles(join(ROOT, folder)))))
    .flat()
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(ROOT.length + 1))
  const written = (await Promise.all(files.map(compileFile))).flat()
  const old = new Set(before)
  for (const file of written) old.delete(file)
  await Promise.all([...old].map((file) => rm(file)))
}

/** The compiled file, or pattern of files, of a test; other arguments stay unchanged. */
export function compiledName(text) {
  return text.replace(/^(?:\.\/)?test\//, 'build/test/').replace(/(?<=^build\/.*\.)ts$/, 'js')
}

/**
 * Joins all compiled tests of a folder in one file, so that they share a process and load modules once.
 * @param isWanted gets the path of a file of tests below `test/`
 * @returns the files
 */
export async function joinByFolder(isWanted) {
  const tests = join(OUT, 'test')
  const files = (await listFiles(tests))
    .map((file) => file.slice(tests.length + 1))
    .filter((file) => file.endsWith('.test.js') && isWanted(file))
  const folders = [...new Set(files.map((file) => dirname(file)))]
  await mkdir(JOINED, { recursive: true })
  return Promise.all(
    folders.map(async (folder) => {
      const imports = files
        .filter((file) => dirname(file) === folder)
        .map((file) => `import '../test/${file}'\n`)
      const name = `${folder === '.' ? 'root' : folder.replaceAll('/', '-')}.test.js`
      await writeChanged(join(JOINED, name), imports.sort().join(''))
      return `build/folders/${name}`
    })
  )
}

async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

async function compileFile(file) {
  const source = join(ROOT, file)
  const { code, map } = await transform(await readFile(source, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile: source,
    sourcemap: true,
    sourcesContent: false,
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(source)),
      'import.meta.dirname': JSON.stringify(dirname(source))
    }
  })
  const target = join(OUT, file.replace(/ts$/, 'js'))
  await mkdir(dirname(target), { recursive: true })
  const name = target.slice(target.lastIndexOf('/') + 1)
  await writeChanged(target, `${code.replace(OWN_IMPORT, 'js')}//# sourceMappingURL=${name}.map\n`)
  await writeChanged(`${target}.map`, map)
  return [target, `${target}.map`]
}

/** Does not write unchanged files: another run may be reading them. */
async function writeChanged(file, text) {
  const old = await readFile(file, 'utf8').catch(() => undefined)
  if (old !== text) await writeFile(file, text)
}
