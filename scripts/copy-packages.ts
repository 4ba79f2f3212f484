/**
 * Copies the packages that the program loads from outside of its bundle, and their dependencies, from `node_modules`: the image needs no
 * others. Takes the folder to copy to.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { OUTSIDE } from './bundle.ts'

const ROOT = join(import.meta.dirname, '..')

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest
}

/** The folder where Node.js finds a package: nearest to the one that needs it. Undefined for an optional one that is not installed. */
function locate(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name)
    if (basename(folder) !== 'node_modules' && existsSync(join(ROOT, path))) return path
    if (folder === '.') return undefined
  }
}

/** Adds the folders of packages, and of all their dependencies, to the found ones. */
function collect(names: readonly string[], from: string, found: Set<string>): Set<string> {
  for (const name of names) {
    const folder = locate(name, from)
    if (folder === undefined || found.has(folder)) continue
    found.add(folder)
    const { dependencies, optionalDependencies, peerDependencies } = readManifest(folder)
    const needed = { ...peerDependencies, ...optionalDependencies, ...dependencies }
    collect(Object.keys(needed), folder, found)
  }
  return found
}

/** Source maps and declarations are for developers; nested packages are copied by themselves. */
const isNeeded = (path: string): boolean =>
  basename(path) !== 'node_modules' && !/\.(?:map|d\.[cm]?ts)$/.test(path)

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('expected the folder to copy to')
const isOutside = (name: string) =>
  OUTSIDE.some((one) => one === name || (one.endsWith('/*') && name.startsWith(one.slice(0, -1))))
const roots = Object.keys(readManifest('.').dependencies ?? {}).filter(isOutside)
for (const folder of collect(roots, '.', new Set())) {
  cpSync(join(ROOT, folder), join(target, folder), {
    recursive: true,
    filter: (path) => path === join(ROOT, folder) || isNeeded(path)
  })
}
