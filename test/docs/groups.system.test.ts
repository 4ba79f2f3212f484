/** The commands on the page about groups, with directories, run as written. @needs slapd ldapadd curl openssl */
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')

test('the commands of the page find groups of groups, also after one of two directories has stopped', async (t) => {
  const ports = await freePorts(3)
  const place = (text: string) =>
    [3891, 3892, 8893].reduce(
      (placed, port, index) => placed.replaceAll(String(port), String(ports[index])),
      text
    )
  const cwd = await createTemporaryFolder(t)
  for (const name of ['dist', 'node_modules']) await symlink(join(ROOT, name), join(cwd, name))
  const blocks = readCodeBlocks('docs/groups.md').filter(
    ({ heading }) => heading === 'To try it out'
  )
  await compareCommands(
    t,
    blocks.map((block) => ({ ...block, text: place(block.text) })),
    {
      cwd,
      place: (command) =>
        command.replace('npm run --silent build', ':').replace('mktemp -d', 'mktemp -d -p .')
    }
  )
})
