/**
 * Builds `dist/` unless this Node.js has built it from the current sources: before `npm start`, after `npm ci`, and where npm
 * installs the package from git. Without the tools of the build, as after `npm ci --omit=dev`, it does nothing.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
/** The last file that a build writes, and the code cache of this Node.js. */
const BUILT = [
  'dist/swagger-ui/swagger-ui.css',
  'dist/workbench',
  'dist/commonjs/package.json',
  'dist/main.js',
  `dist/program-${process.arch}-${process.version}.cache`
]
const SOURCES = ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** The last change of a file, or of any file in a folder. */
function changedAt(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(...readdirSync(path).map((name) => changedAt(join(path, name))))
}

function isBuilt() {
  const built = BUILT.map((name) => join(ROOT, name))
  if (!built.every((path) => existsSync(path))) return false
  const newest = Math.max(...SOURCES.map((name) => changedAt(join(ROOT, name))))
  return statSync(join(ROOT, 'dist/main.js')).mtimeMs >= newest
}

if (!isBuilt() && existsSync(join(ROOT, 'node_modules/tsx'))) {
  process.stderr.write('building the program, which takes some seconds\n')
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' })
}
