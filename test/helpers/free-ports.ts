/** Ports for programs that cannot choose one by themselves. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { eventually } from './eventually.ts'

/** Below the ports that systems assign by themselves, so that no other test gets one before the program listens. */
const LOWEST = 20_000
const HIGHEST = 32_000

/** Ports that are free right now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  await eventually(async () => {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) ports.add(port)
    return ports.size === count
  }, 0)
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  await once(server.close(), 'close')
  return true
}
