/** Executes the Dockerfile on the file system, without a container engine and without a registry. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { type Copy, copiesOf, readDockerfile, type Stage, textsOf } from './read-dockerfile.ts'

const ROOT = join(import.meta.dirname, '../..')
const run = promisify(execFile)

interface Image {
  /** The folder of everything that was created, to be removed at the end. */
  readonly folder: string
  /** The folder that the image starts in. */
  readonly workdir: string
}

/** Builds every stage in a folder of its own, with the packages of this project's node_modules. */
export async function buildImage(): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-image-'))
  const { stages, image } = readDockerfile()
  await copyContext(join(folder, 'context'))
  for (const stage of stages) await buildStage(stage, folder)
  return { folder, workdir: join(folder, folderOf(image), textsOf(image, 'WORKDIR')[0] ?? '/') }
}

function folderOf({ name }: Stage): string {
  return name ?? 'image'
}

/** Copies the files that .dockerignore allows: it excludes everything, and then lists exceptions. */
async function copyContext(context: string): Promise<void> {
  const lines = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n')
  for (const line of lines.filter((one) => one.startsWith('!'))) {
    await cp(join(ROOT, line.slice(1)), join(context, line.slice(1)), { recursive: true })
  }
}

async function buildStage(stage: Stage, folder: string): Promise<void> {
  const root = join(folder, folderOf(stage))
  const base = join(folder, stage.base)
  if (existsSync(base)) await cp(base, root, { recursive: true })
  let workdir = existsSync(base) ? '/app' : '/'
  for (const { keyword, text } of stage.instructions) {
    if (keyword === 'WORKDIR') workdir = text
    await mkdir(join(root, workdir), { recursive: true })
    if (keyword === 'COPY') {
      const [copy] = copiesOf({ ...stage, instructions: [{ keyword, text }] })
      if (copy !== undefined) await copyFiles(copy, { folder, root, workdir })
    } else if (keyword === 'RUN') {
      await runStep(text, join(root, workdir))
    }
  }
}

interface CopyPlace {
  folder: string
  root: string
  workdir: string
}

async function copyFiles({ from = 'context', sources, destination }: Copy, place: CopyPlace) {
  const target = join(place.root, posix.resolve(place.workdir, destination))
  for (const source of sources) {
    const intoFolder = destination.endsWith('/')
    await cp(
      join(place.folder, from, source),
      intoFolder ? join(target, basename(source)) : target,
      { recursive: true }
    )
  }
}

async function runStep(text: string, cwd: string): Promise<void> {
  const command = text.replace(/^(?:--\S+\s+)+/, '')
  if (command.startsWith('npm ci'))
    await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'))
  else if (command.startsWith('["/nodejs/bin/node", ')) {
    const [, ...args] = JSON.parse(command) as string[]
    await run(process.execPath, args, { cwd })
  } else await run('sh', ['-c', command], { cwd })
}
