/** The keys of a configuration: given, fetched, or generated; and the JWK Sets of other issuers. */

import {
  hasJwkSet,
  issuerOf,
  type JwkSetVerifierConfig,
  jwkSetOptions
} from '../check/verifiers/jwks.ts'
import type { VerifierConfig } from '../check/verifiers/registry.ts'
import type { Config } from '../config/full-form.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError, describeProblem, type Origin } from '../config/problems.ts'
import { SERVICE_BEARER_LIFETIME_SECONDS } from '../issue/service-bearer.ts'
import { createKeySources, type KeySourceFactories } from '../keys/create-key-sources.ts'
import { createGeneratedKeySource } from '../keys/generated/generated-keys.ts'
import { KeyError } from '../keys/key-error.ts'
import type { KeySource } from '../keys/key-source.ts'
import { createKeyStore, type KeyStore } from '../keys/key-store.ts'
import { createRemoteKeySource, type FetchReport } from '../keys/remote/remote-key-source.ts'
import { toRemoteKeyOptions } from '../keys/remote/settings.ts'
import type { ShareSource } from '../keys/remote/share-source.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { longestSkewMs } from '../protocols/check/settings.ts'
import type { RouteConfig } from '../protocols/registry.ts'
import type { ProxyFor } from '../remote/proxy/proxies.ts'
import { formatPath, type Problem } from '../settings/problem.ts'
import { longestLifetimeMs } from '../settings/tokens.ts'

export interface ConfiguredKeysOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Keeps the keys that were fetched for the previous configuration. */
  readonly shareSource: ShareSource
  /** The proxy of requests. Default: by its setting. */
  readonly proxyFor?: ProxyFor | undefined
  /** Whether directories of generated keys are only read. Default: false. */
  readonly isReadOnly?: boolean | undefined
}

/** The keys that this service signs and verifies with. Starting and closing them starts and closes the JWK Sets as well. */
export interface ConfiguredKeys extends KeyStore {
  /** The keys of each JWK Set that a verifier names: they are usable for its tokens alone, so they have their own store. */
  readonly jwkSets: ReadonlyMap<JwkSetVerifierConfig, KeyStore>
}

/**
 * Makes the key store, which is not started yet. Settings that work but are not advisable are logged.
 * @throws ConfigError for unusable keys
 */
export function createConfiguredKeys(
  { config, origin }: Pick<LoadedConfig, 'config' | 'origin'>,
  options: ConfiguredKeysOptions
): ConfiguredKeys {
  const { sources, problems, warnings } = createKeySources(
    config.keys,
    createFactories({ config, origin }, options)
  )
  if (problems.length > 0) throw new ConfigError(problems, origin)
  for (const { path, message } of warnings) {
    options.logger.warn(
      { path: formatPath(path), problem: message },
      'key works, and is not advisable'
    )
  }
  const keyStore = createKeyStore(sources, options.now)
  const jwkSets = createJwkSets(config, options)
  // Two verifiers with the same settings share a set.
  const all = [keyStore, ...new Set(jwkSets.values())]
  return {
    ...keyStore,
    jwkSets,
    async start() {
      try {
        await Promise.all(all.map((one) => one.start()))
      } catch (error) {
        close()
        throw error
      }
    },
    close
  }

  function close(): void {
    for (const one of all) one.close()
  }
}

/** The verifiers of check and revoke routes, in the order of the routes. */
export function verifiersOf({ routes }: Pick<Config, 'routes'>): readonly VerifierConfig[] {
  return routes.flatMap((route) => ('verify' in route ? (route.verify ?? []) : []))
}

/** The JWK Sets of verifiers, each once, by its URL without a query: that may be a secret. */
export function describeJwkSets({ jwkSets }: Pick<ConfiguredKeys, 'jwkSets'>) {
  const urls = new Map(
    Array.from(jwkSets, ([verifier, store]) => [store, new URL(jwkSetOptions(verifier).url)])
  )
  return Array.from(urls, ([store, { host, pathname }]) => ({
    name: host + pathname,
    sources: store.states()
  }))
}

function createJwkSets(
  config: Config,
  options: ConfiguredKeysOptions
): Map<JwkSetVerifierConfig, KeyStore> {
  const { now, shareSource, proxyFor } = options
  const byId = new Map<string, KeyStore>()

  function createJwkSet(verifier: JwkSetVerifierConfig): KeyStore {
    const settings = jwkSetOptions(verifier)
    const id = JSON.stringify(settings)
    const report = createReport(options, settings.url, issuerOf(verifier))
    const store =
      byId.get(id) ??
      createKeyStore(
        [shareSource(id, () => createRemoteKeySource({ ...settings, now, report, proxyFor }))],
        now
      )
    byId.set(id, store)
    return store
  }

  return new Map(
    verifiersOf(config).flatMap((verifier) =>
      hasJwkSet(verifier) ? [[verifier, createJwkSet(verifier)] as const] : []
    )
  )
}

/**
 * @param url where the set is
 * @param issuer the issuer of the set, unless it is for a key of this service
 */
function createReport({ logger, metrics }: ConfiguredKeysOptions, url: string, issuer?: string) {
  const { host } = new URL(url)

  return function report({ source, outcome, error, rejections, keys }: FetchReport): void {
    metrics.jwksFetched(host, outcome)
    const line = {
      remote: host,
      key: source,
      issuer,
      outcome,
      rejections,
      keys,
      error: error?.message
    }
    if (error !== undefined) logger.warn(line, 'JWK Set not fetched')
    else if (rejections.length > 0) logger.warn(line, 'JWK Set with keys that are not usable')
    else logger.debug(line, 'JWK Set fetched')
  }
}

function createFactories(
  { config, origin }: Pick<LoadedConfig, 'config' | 'origin'>,
  options: ConfiguredKeysOptions
): KeySourceFactories {
  const { logger, now, shareSource, proxyFor, isReadOnly } = options

  return {
    remote(entry) {
      const settings = toRemoteKeyOptions(entry)
      return shareSource(JSON.stringify(settings), () =>
        createRemoteKeySource({
          ...settings,
          now,
          proxyFor,
          report: createReport(options, settings.url)
        })
      )
    },
    generated(entry) {
      const { alg, kid, typ, generate } = entry
      const source = createGeneratedKeySource({
        alg,
        name: kid,
        typ,
        dir: generate.dir,
        kidPattern: generate.kids,
        rotateEveryMs: generate.rotateEvery,
        publishAheadMs: generate.publishAhead,
        longestLifetimeMs: longestValidityMs(config, kid),
        now,
        isReadOnly,
        log: logger
      })
      const path = ['keys', config.keys.indexOf(entry), 'generate', 'dir']
      return { ...source, start: () => startAt(source, path, origin) }
    }
  }
}

/** A directory is opened at the start only, when its setting is no problem of the configuration any more. */
async function startAt(source: KeySource, path: Problem['path'], origin: Origin): Promise<void> {
  try {
    await source.start?.()
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    const { message } = error
    throw new KeyError(describeProblem({ path, message, line: origin.lineOf?.(path) }, origin.file))
  }
}

/** A key that no longer signs must verify until no check takes the last token that it signed. */
function longestValidityMs({ routes }: Config, kid: string | undefined): number {
  const lifetimes = routes.flatMap((route) =>
    'issue' in route && maySignWith(route, kid) ? longestLifetimeMs(route.lifetime) : []
  )
  return Math.max(SERVICE_BEARER_LIFETIME_SECONDS * 1000, ...lifetimes) + longestSkewMs(routes)
}

/** A route without a key may sign with any of them. */
function maySignWith(
  route: Extract<RouteConfig, { issue: string }>,
  kid: string | undefined
): boolean {
  const names = route.protocol === 'supertokens' ? [route.key, route.dynamicKey] : [route.key]
  return names.includes(undefined) || names.includes(kid)
}
