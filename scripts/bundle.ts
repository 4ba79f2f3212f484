/** Bundles the program as one script: the same for `dist/` and for the standalone binary. `start.js` starts it. */
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

/** Packages outside of the bundle: one has a native addon; the others are many, and loaded only if configured. */
export const OUTSIDE: readonly string[] = ['classic-level', '@opentelemetry/*']

/** The script is a function whose parameters differ between a folder and a binary: the loader of modules, and the files of the package. */
const WRAPPER = { js: '(function (require, readPackagedFile) { const module = { exports: {} };' }

const packagedFiles: Plugin = {
  name: 'packaged-files',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/packaged-file\.ts$/ }, () => ({
      contents: 'const read = readPackagedFile; export { read as readPackagedFile }'
    }))
  }
}

/** prom-client loads OpenTelemetry only for exemplars, which the service does not use: 5 MB, and a tenth of its start. */
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
  /** The JavaScript version, as esbuild names it. Default: node20. */
  readonly target?: string
}

export async function bundleProgram({
  outfile,
  external,
  target = 'node20'
}: BundleOptions): Promise<void> {
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
    target,
    banner: WRAPPER,
    footer: { js: '})' },
    plugins: [packagedFiles, noExemplars],
    // Four versions of the table of media types become one.
    alias: { 'mime-db': 'mime-db' },
    // A script with a code cache cannot import. `require` loads the packages outside.
    supported: { 'dynamic-import': false },
    // A file beside the code would be missing.
    logOverride: { 'empty-import-meta': 'error' },
    logLevel: 'warning'
  })
}
