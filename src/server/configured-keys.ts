/** The keys of a configuration: written in it, fetched from elsewhere, or generated; and beside them the JWK Sets of other issuers. */

import type { JwksVerifierConfig } from '../check/verifiers/jwks.ts'
import type { VerifierConfig } from '../check/verifiers/registry.ts'
import type { Config } from '../config/full-form.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import { SERVICE_BEARER_LIFETIME_SECONDS } from '../issue/service-bearer.ts'
import { createKeySources, type KeySourceFactories } from '../keys/create-key-sources.ts'
import { createGeneratedKeySource } from '../keys/generated/generated-keys.ts'
import { createKeyStore, type KeyStore } from '../keys/key-store.ts'
import { createRemoteKeySource, type FetchReport } from '../keys/remote/remote-key-source.ts'
import { toJwkSetOptions, toRemoteKeyOptions } from '../keys/remote/settings.ts'
import type { ShareSource } from '../keys/remote/share-source.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { RouteConfig } from '../protocols/registry.ts'
import { formatPath } from '../settings/problem.ts'
import { longestLifetimeMs } from '../settings/tokens.ts'

export interface ConfiguredKeysOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Keeps what was fetched for the configuration before. */
  readonly shareSource: ShareSource
}

/** The keys that this service signs and verifies with. Starting and closing them starts and closes the JWK Sets as well. */
export interface ConfiguredKeys extends KeyStore {
  /** The keys of each JWK Set that a verifier names: they are for its tokens alone, so they are in no store but theirs. */
  readonly jwkSets: ReadonlyMap<JwksVerifierConfig, KeyStore>
}

/**
 * Makes the key store, which is not started yet. What works but is not advisable is logged.
 * @throws ConfigError for keys that are not fit for use
 */
export function createConfiguredKeys(
  { config, origin }: Pick<LoadedConfig, 'config' | 'origin'>,
  options: ConfiguredKeysOptions
): ConfiguredKeys {
  const { sources, problems, warnings } = createKeySources(
    config.keys,
    createFactories(config, options)
  )
  if (problems.length > 0) throw new ConfigError(problems, origin)
  for (const { path, message } of warnings) options.logger.warn({ path: formatPath(path) }, message)
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

function createJwkSets(
  config: Config,
  options: ConfiguredKeysOptions
): Map<JwksVerifierConfig, KeyStore> {
  const { now, shareSource } = options
  const byId = new Map<string, KeyStore>()

  function createJwkSet(verifier: JwksVerifierConfig): KeyStore {
    const settings = toJwkSetOptions(verifier)
    const id = JSON.stringify(settings)
    const report = createReport(options, settings.url, verifier.issuer)
    const store =
      byId.get(id) ??
      createKeyStore(
        [shareSource(id, () => createRemoteKeySource({ ...settings, now, report }))],
        now
      )
    byId.set(id, store)
    return store
  }

  return new Map(
    verifiersOf(config).flatMap((verifier) =>
      'jwks' in verifier ? [[verifier, createJwkSet(verifier)] as const] : []
    )
  )
}

/**
 * @param url where the set is
 * @param issuer whose set it is, where it is not of a key of this service
 */
function createReport({ logger, metrics }: ConfiguredKeysOptions, url: string, issuer?: string) {
  const { host } = new URL(url)

  return function report({ source, outcome, error, rejections, keys }: FetchReport): void {
    metrics.jwksFetched(outcome)
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

function createFactories(config: Config, options: ConfiguredKeysOptions): KeySourceFactories {
  const { logger, now, shareSource } = options

  return {
    remote(entry) {
      const settings = toRemoteKeyOptions(entry)
      return shareSource(JSON.stringify(settings), () =>
        createRemoteKeySource({ ...settings, now, report: createReport(options, settings.url) })
      )
    },
    generated: ({ alg, kid, typ, generate }) =>
      createGeneratedKeySource({
        alg,
        name: kid,
        typ,
        dir: generate.dir,
        kidPattern: generate.kids,
        rotateEveryMs: generate.rotateEvery,
        publishAheadMs: generate.publishAhead,
        longestLifetimeMs: longestValidityMs(config, kid),
        now,
        log: logger
      })
  }
}

/** A key that no longer signs must verify until the last token that it signed has expired. */
function longestValidityMs({ routes }: Config, kid: string | undefined): number {
  const lifetimes = routes.flatMap((route) =>
    'issue' in route && maySignWith(route, kid) ? longestLifetimeMs(route.lifetime) : []
  )
  return Math.max(SERVICE_BEARER_LIFETIME_SECONDS * 1000, ...lifetimes)
}

/** A route that names no key may be signed for by each. */
function maySignWith(
  route: Extract<RouteConfig, { issue: string }>,
  kid: string | undefined
): boolean {
  const names = route.protocol === 'supertokens' ? [route.key, route.dynamicKey] : [route.key]
  return names.includes(undefined) || names.includes(kid)
}
