/** The proxy of a call: from its setting, or else from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read like curl and Go do. */
import { createIsExempt } from './no-proxy.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface OutgoingProxy {
  /** http:// or https://, without user name and password. */
  readonly url: URL
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined
}

/**
 * The proxy for calls to a URL; undefined where they are direct.
 * @param setting `none`, the URL of a proxy, or nothing, which leaves it to the environment
 */
export type ProxyFor = (url: URL, setting?: string | undefined) => OutgoingProxy | undefined

/** Options of a client, with the setting that names a proxy, or none, in place of the proxy itself. */
export type WithProxySetting<Options> = Omit<Options, 'proxy'> & {
  readonly proxy?: string | undefined
}

/** A variable whose value is not the URL of a proxy that can be used. */
class ProxyVariableError extends Error {
  override readonly name = 'ProxyVariableError'
}

/** The proxies of the environment, to be shown: without user name and password. */
export interface ProxyVariables {
  readonly http?: string | undefined
  readonly https?: string | undefined
  readonly except?: string | undefined
}

const NONE = 'none'
export const PROXY_EXPECTED = 'expected none, or the http:// or https:// URL of a proxy'

/** Whether a text may be the setting of a proxy. */
export function isProxySetting(text: string): boolean {
  return text === NONE || (/^https?:\/\//i.test(text) && parseProxy(text) !== undefined)
}

/**
 * Reads the variables.
 * @throws ProxyVariableError for a proxy of another kind: calls must not go around it
 */
export function readProxies(env: Environment): ProxyFor {
  const { http, https } = proxiesIn(env)
  const isExempt = createIsExempt(variable(env, 'no_proxy', 'NO_PROXY') ?? '')

  return function proxyFor(url, setting) {
    if (setting === NONE) return undefined
    if (setting !== undefined) return parseProxy(setting)
    const proxy = url.protocol === 'https:' ? https : http
    return proxy === undefined || isExempt(url) ? undefined : proxy
  }
}

/**
 * Describes the variables for the log and for `explain`; undefined where they name no proxy.
 * @throws ProxyVariableError
 */
export function describeProxies(env: Environment): ProxyVariables | undefined {
  const { http, https } = proxiesIn(env)
  if (http === undefined && https === undefined) return undefined
  const except = variable(env, 'no_proxy', 'NO_PROXY')
  return {
    ...(http !== undefined && { http: http.url.origin }),
    ...(https !== undefined && { https: https.url.origin }),
    ...(except !== undefined && { except })
  }
}

function proxiesIn(env: Environment) {
  // In a CGI program a client sets HTTP_PROXY by a header `Proxy`.
  const isCgi = variable(env, 'REQUEST_METHOD') !== undefined
  return {
    http: proxyIn(env, isCgi ? ['http_proxy'] : ['http_proxy', 'HTTP_PROXY']),
    https: proxyIn(env, ['https_proxy', 'HTTPS_PROXY'])
  }
}

function proxyIn(env: Environment, names: readonly string[]): OutgoingProxy | undefined {
  const text = variable(env, ...names)
  if (text === undefined) return undefined
  const proxy = parseProxy(text)
  if (proxy === undefined) {
    const name = names.find((one) => variable(env, one) !== undefined)
    throw new ProxyVariableError(`${name}: expected the http:// or https:// URL of a proxy`)
  }
  return proxy
}

/** The first of the variables that is set. An empty one counts as unset. */
function variable(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '')
}

/** A text without a scheme is the host and port of an http:// proxy. */
function parseProxy(text: string): OutgoingProxy | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(full)) return undefined
  const url = new URL(full)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  return { url: new URL(url.origin), authorization: authorizationOf(url) }
}

/** Basic (RFC 7617), with the bytes that are percent-encoded, whatever their charset. A percent sign without two digits after it is literal, as in curl. */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const credentials = `${username}:${password}`.replaceAll(/%([\da-f]{2})/gi, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16))
  )
  return `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}`
}
