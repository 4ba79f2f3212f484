/** The commands of the pages for kubectl: it accepts all of them, and runs those that need no cluster. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { findKubectl } from '../../scripts/go-tools.ts'
import { readPage } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { findResource, readPods, renderKustomization } from '../helpers/render-manifests.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]

/** Commands of pages: lines of code, and what is between backquotes. A line may end in a backslash. */
const COMMANDS = PAGES.filter((page) => page.endsWith('.md')).flatMap((page) =>
  [
    ...readPage(page)
      .replaceAll(/\\\n\s*/g, '')
      .matchAll(/^ {0,4}((?:openssl[^\n|]*\|[^\n]*)?kubectl [^\n]*)$|`(kubectl [^`\n]+)`/gm)
  ].map(([, line, inline]) => ({ page, command: line ?? inline ?? '' }))
)

/** Not a command, but the name of one. */
const NAMES = ['kubectl kustomize']

test('kubectl accepts every command of the pages', async (t) => {
  t.timeout(900_000)
  const kubectl = await findKubectl()
  // Nothing listens on port 1 of this machine, so a command that needs a cluster ends there, once its arguments were read.
  const folder = await writeFiles(t, {
    config:
      '{"clusters":[{"name":"none","cluster":{"server":"http://127.0.0.1:1"}}],"contexts":[{"name":"none","context":{"cluster":"none","user":""}}],"current-context":"none"}',
    'es-2026.pem': 'pem',
    'es-2027.pem': 'pem'
  })
  const run = async (command: string, cwd: string) => {
    const script = `kubectl() { command "${kubectl}" "$@"; }; set -o pipefail; ${command}`
    const env = { ...process.env, KUBECONFIG: join(folder, 'config') }
    return promisify(execFile)('bash', ['-c', script], { cwd, env }).then(
      ({ stdout }) => stdout,
      ({ stderr }) => `failed: ${stderr}`
    )
  }
  const commands = COMMANDS.filter(({ command }) => !NAMES.includes(command))
  t.true(commands.length > 8)
  for (const { page, command } of commands) {
    const title = `${page}: ${command}`
    if (command.includes(' apply -k ')) {
      t.regex(await run(command.replace('apply -k', 'kustomize'), ROOT), /^apiVersion:/, title)
    } else if (command.includes(' create ')) {
      t.regex(
        await run(`${command} --dry-run=client -o name`, folder),
        /^(?:namespace|secret)\//,
        title
      )
    } else if (command.includes(' kustomize ')) {
      t.regex(await run(command, ROOT), /^apiVersion:/, title)
    } else {
      t.regex(await run(command, ROOT), /127\.0\.0\.1:1\b.*refused/, title)
    }
  }
})

for (const [overlay, marker] of [
  ['plain', '/dev/stdin'],
  ['redis', 'REDIS_PASSWORD=']
] as const) {
  test(`the Secret of the page has the keys that the overlay ${overlay} uses`, async (t) => {
    t.timeout(900_000)
    const { command = '' } =
      COMMANDS.find((one) => one.page === 'docs/deploy.md' && one.command.includes(marker)) ?? {}
    const script = `kubectl() { command "${await findKubectl()}" "$@"; }; ${command} --dry-run=client -o json`
    const { stdout } = await promisify(execFile)('bash', ['-c', script])
    const secret = JSON.parse(stdout)
    const rendered = await renderKustomization(join(ROOT, 'k8s/overlays', overlay))
    const { container } = readPods(findResource(rendered, 'Deployment', secret.metadata.name))
    const taken = container.env.map(({ valueFrom }) => valueFrom?.secretKeyRef)
    t.deepEqual(taken.map((one) => one?.key).toSorted(), Object.keys(secret.data).toSorted())
    t.deepEqual(new Set(taken.map((one) => one?.name)), new Set([secret.metadata.name]))
  })
}
