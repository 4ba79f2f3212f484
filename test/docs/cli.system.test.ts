/** The page on the command line: its commands, run one after the other as written, print what is shown below them. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const PAGE = 'docs/cli.md'
const MAIN = join(import.meta.dirname, '../../dist/main.js')
/** Separates the outputs of two commands. */
const END = '\u001e'

interface Step {
  readonly command: string
  readonly output: string
}

/** A command is behind a dollar sign, its output in the lines below. */
function readSteps(): Step[] {
  const text = readCodeBlocks(PAGE)
    .filter(({ info }) => info === 'console')
    .map((block) => `${block.text}\n`)
    .join('')
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const end = step.indexOf('\n')
      return { command: step.slice(0, end), output: step.slice(end + 1) }
    })
}

/** Values that differ each time: tokens, times, key material. */
function hideWhatChanges(output: string, folder: string): string {
  return output
    .replaceAll(folder, '/etc/txtoken')
    .replaceAll(/eyJ[\w.-]+/g, 'TOKEN')
    .replaceAll(/"(iat|exp)":\d+/g, '"$1":0')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/"(kid|k|n|x|y)": "[\w-]+"/g, '"$1": "..."')
}

test('the commands print what the page shows', async (t) => {
  const folder = await createTemporaryFolder(t)
  const config = readCodeBlocks(PAGE).find(({ info }) => info === 'yaml')
  await writeFile(join(folder, 'txtoken.yml'), config?.text ?? '')
  const steps = readSteps()
  const script = [
    'exec 2>&1',
    `txtoken() { ${process.execPath} ${MAIN} "$@"; }`,
    ...steps.flatMap(({ command }) => [command, `printf '${END}'`])
  ].join('\n')
  const env = { PATH: process.env.PATH ?? '' }
  const { stdout } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env })
  const outputs = stdout.split(END)
  t.true(steps.length > 15)
  for (const [index, { command, output }] of steps.entries()) {
    const found = hideWhatChanges(outputs[index] ?? '', folder)
    t.is(found, hideWhatChanges(output, folder), command)
  }
})
