/** Agents of node:http and node:https, whose connections go through a proxy where there is one. */
import { type ClientRequest, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type AgentOptions as HttpsOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectSecure } from 'node:tls'
import { readLenientReplies } from './agent-parser.ts'
import type { OutgoingProxy } from './proxies.ts'
import { hostOf, openTunnel, proxyHeaders, serverNameOf } from './tunnel.ts'

export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

export interface AgentsOptions {
  /** TLS to the other side. */
  readonly tls: HttpsOptions
  readonly keepAlive: boolean
  readonly proxy: OutgoingProxy | undefined
  /** For the tunnel through the proxy. */
  readonly timeoutMs: number
}

/** Makes the agents for calls to one origin. */
export function createAgents(options: AgentsOptions): Agents {
  const { http, https } = createStrictAgents(options)
  return { http: readLenientReplies(http), https: readLenientReplies(https) }
}

function createStrictAgents({ tls, keepAlive, proxy, timeoutMs }: AgentsOptions): Agents {
  if (proxy === undefined) {
    return { http: new HttpAgent({ keepAlive }), https: new HttpsAgent({ ...tls, keepAlive }) }
  }
  return {
    http: new ForwardingAgent(proxy, keepAlive),
    https: new TunnelingAgent(proxy, { ...tls, keepAlive }, timeoutMs)
  }
}

type Done = (error: Error | null, socket: Duplex) => void

interface ConnectOptions {
  readonly host: string
  readonly port: number
}

/** The methods of an agent that `node:http` calls beyond its types. */
interface Inside {
  addRequest(request: ClientRequest, options: object): void
  createConnection(options: object, done?: Done): Duplex
}

const inside = HttpAgent.prototype as unknown as Inside
const insideSecure = HttpsAgent.prototype as unknown as Inside

/** Sends the whole URL to the proxy, which fetches it (RFC 9112, section 3.2.2). */
class ForwardingAgent extends HttpAgent {
  readonly #proxy: OutgoingProxy

  constructor(proxy: OutgoingProxy, keepAlive: boolean) {
    super({ keepAlive })
    this.#proxy = proxy
  }

  addRequest(request: ClientRequest, options: object): void {
    const { url } = this.#proxy
    request.path = `http://${request.getHeader('host')}${request.path}`
    for (const [name, value] of Object.entries(proxyHeaders(this.#proxy))) {
      request.setHeader(name, value)
    }
    const to = { host: hostOf(url), port: portOf(url), protocol: undefined }
    inside.addRequest.call(this, request, { ...options, ...to })
  }

  override createConnection(options: ConnectOptions, done?: Done): Duplex {
    const { url } = this.#proxy
    if (url.protocol === 'http:') return inside.createConnection.call(this, options, done)
    return connectSecure({ ...options, servername: serverNameOf(url), rejectUnauthorized: true })
  }
}

/** Opens a tunnel for each connection, and uses TLS to the other side in it. */
class TunnelingAgent extends HttpsAgent {
  readonly #proxy: OutgoingProxy
  readonly #timeoutMs: number

  constructor(proxy: OutgoingProxy, options: HttpsOptions, timeoutMs: number) {
    super(options)
    this.#proxy = proxy
    this.#timeoutMs = timeoutMs
  }

  override createConnection(options: ConnectOptions, done: Done): undefined {
    const tunnel = {
      proxy: this.#proxy,
      authority: `${bracket(options.host)}:${options.port}`,
      timeoutMs: this.#timeoutMs
    }
    openTunnel(tunnel, (error, socket?: Socket) => {
      if (error !== null) (done as (error: Error) => void)(error)
      else done(null, insideSecure.createConnection.call(this, { ...options, socket }))
    })
  }
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
