/** The real nginx, as Debian has it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { eventually } from './eventually.ts'
import { writeFiles } from './folder.ts'
import { isListening } from './is-listening.ts'

const NGINX = 'nginx'
const MISSING = `${NGINX} is not installed, and this test needs it: apt-get install ${NGINX}`

/**
 * Starts nginx in one process, and waits until it listens on the port. It ends with the test.
 * @param http the `http` block of its configuration
 * @returns what it complains of
 */
export async function startNginx(
  t: ExecutionContext,
  http: string,
  port: number
): Promise<() => string> {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const folder = await writeFiles(t, {
    'nginx.conf': `daemon off; master_process off; pid nginx.pid; error_log stderr warn; events {}
http { access_log off; ${folders.map((name) => `${name}_temp_path ${name};`).join(' ')}
${http}
}`
  })
  const configFile = join(folder, 'nginx.conf')
  const nginx = spawn(NGINX, ['-e', 'stderr', '-p', folder, '-c', configFile], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  await once(nginx, 'spawn').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(MISSING) : error
  })
  let complaints = ''
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const closed = once(nginx, 'close')
  t.teardown(async () => {
    nginx.kill()
    await closed
  })
  await eventually(() => {
    if (nginx.exitCode !== null) throw new Error(complaints)
    return isListening(port)
  }, 20)
  return () => complaints
}
