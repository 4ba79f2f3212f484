/** Packages of PyPI that tests run: gateways, and libraries for JWTs. @needs pip3 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cachedFolder } from '../../scripts/tool-cache.ts'

const run = promisify(execFile)

const LISTS = join(import.meta.dirname, 'python')

/**
 * Installs exactly the packages in a list of `test/helpers/python`, unless the cache has them.
 * @returns the folder of the packages, for PYTHONPATH; their programs are in its `bin`
 */
export async function installPythonPackages(list: string): Promise<string> {
  const requirements = join(LISTS, `${list}.txt`)
  const digest = createHash('sha256').update(await readFile(requirements))
  return cachedFolder(`python-${list}-${digest.digest('hex').slice(0, 16)}`, async (folder) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', folder]
    try {
      await run('python3', [...pip, '-r', requirements])
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? new Error('python3 is not installed, and this test needs it: apt-get install python3-pip')
        : error
    }
  })
}
