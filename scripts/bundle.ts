/** Makes the program one script: the same for `dist/` and for the standalone binary. What starts it is in `start.js`. */
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

/** The script is a function of what differs between a folder and a binary: how modules are loaded, and files of the package. */
const WRAPPER = { js: '(function (require, readPackagedFile) { const module = { exports: {} };' }

const packagedFiles: Plugin = {
  name: 'packaged-files',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/packaged-file\.ts$/ }, () => ({
      contents: 'const read = readPackagedFile; export { read as readPackagedFile }'
    }))
  }
}

/** prom-client loads OpenTelemetry for exemplars alone, which the service has none of: 5 MB, and a tenth of its start. */
const noExemplars: Plugin = {
  name: 'no-exemplars',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path, importer }) =>
      importer.includes('/prom-client/') ? { path, namespace: 'unused' } : undefined
    )
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {}' }))
  }
}

interface BundleOptions {
  readonly outfile: string
  /** Packages that stay outside. */
  readonly external: readonly string[]
}

export async function bundleProgram({ outfile, external }: BundleOptions): Promise<void> {
  await build({
    entryPoints: [join(ROOT, 'src/main.ts')],
    absWorkingDir: ROOT,
    outfile,
    external: [...external],
    bundle: true,
    // Names stay, since stack traces show them.
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    banner: WRAPPER,
    footer: { js: '})' },
    plugins: [packagedFiles, noExemplars],
    // Four versions of the table of media types become one.
    alias: { 'mime-db': 'mime-db' },
    // A script that V8 has compiled ahead cannot import. `require` loads what is outside.
    supported: { 'dynamic-import': false },
    // A file that is read from beside the code would be missing.
    logOverride: { 'empty-import-meta': 'error' },
    logLevel: 'warning'
  })
}
