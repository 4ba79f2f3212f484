/** The real nginx, as Debian has it. @needs nginx */
import { join } from 'node:path'
import { writeFiles } from './folder.ts'
import type { Lifetime } from './lifetime.ts'
import { startProxy } from './proxy.ts'

/**
 * Starts nginx in one process, and waits until it listens on the port. It ends with the test.
 * @param http the `http` block of its configuration
 * @returns its output on standard error
 */
export async function startNginx(t: Lifetime, http: string, port: number): Promise<() => string> {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const folder = await writeFiles(t, {
    'nginx.conf': `daemon off; master_process off; pid nginx.pid; error_log stderr warn; events {}
http { access_log off; ${folders.map((name) => `${name}_temp_path ${name};`).join(' ')}
${http}
}`
  })
  return startProxy(t, {
    command: 'nginx',
    args: ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
    folder,
    port
  })
}
