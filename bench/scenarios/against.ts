/**
 * A running program in any language against the built program: getToken, and checkToken with a token
 * that each has issued itself. Latencies are those at a fixed rate.
 */
import assert from 'node:assert/strict'
import { requestOnce } from '../measure.ts'
import type { Bench, RouteLoad, Scenario, Variant } from '../scenario.ts'
import { program, runningServer, type StartServer } from '../servers.ts'
import { createGetTokenSettings, getTokenLoad } from './get-token.ts'

export interface Peer {
  readonly name: string
  readonly url: URL
  readonly pid: number
  readonly rate: number
}

export function createGetTokenAgainst(peer: Peer) {
  return function createScenario({ folder, secret, remoteUrl }: Bench): Scenario {
    const settings = createGetTokenSettings(secret, remoteUrl)
    return createPeerScenario('getToken', peer, program(folder, settings), getTokenLoad, (body) =>
      readToken(body)
    )
  }
}

/** The tokens are requested at the start of each program, since each accepts only its own. */
export function createCheckTokenAgainst(peer: Peer) {
  return async function createScenario(bench: Bench): Promise<Scenario> {
    const { folder, secret, remoteUrl, placement } = bench
    const { keys, routes } = createGetTokenSettings(secret, remoteUrl)
    const check = { check: '/checkToken', protocol: 'txtoken', verify: [{ keys: 'all' }] }
    const start = program(folder, { keys, routes: [...routes, check] })
    const own = await start(placement)
    const running = await runningServer(peer.url, peer.pid)(placement)
    try {
      const [ownLoad, peerLoad] = await Promise.all(
        [own, running].map(async (server) =>
          createCheckLoad(readToken(await requestOnce(server, getTokenLoad)))
        )
      )
      assert(ownLoad !== undefined && peerLoad !== undefined)
      const scenario = createPeerScenario('checkToken', peer, start, ownLoad, () => {})
      const [first, second] = scenario.variants
      assert(second !== undefined)
      return { ...scenario, variants: [first, { ...second, load: peerLoad }] }
    } finally {
      await own.stop()
    }
  }
}

function createPeerScenario(
  title: string,
  { name, url, pid, rate }: Peer,
  start: StartServer,
  load: RouteLoad,
  assertAnswer: Variant['assertAnswer']
): Scenario {
  const common = { load, rate, assertAnswer }
  return {
    title: `${title}, latencies at ${rate} a second`,
    variants: [
      { ...common, name: 'txtoken', start },
      { ...common, name, start: runningServer(url, pid) }
    ]
  }
}

function createCheckLoad(token: string): RouteLoad {
  return {
    path: '/checkToken',
    method: 'POST',
    connections: 32,
    headers: { authorization: `Bearer ${token}` }
  }
}

function readToken(body: string): string {
  const { token } = JSON.parse(body)
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/, 'the token that getToken answers with')
  return token
}
