/** Runs the check of a route of a configuration with one token, outside of the service, and writes the result of each step. */
import type { CheckReport, CheckStep, Explain } from '../../check/explain.ts'
import type { Config } from '../../config/full-form.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { createShareSource } from '../../keys/remote/share-source.ts'
import type { Logger } from '../../operations/logger.ts'
import { createMetrics } from '../../operations/metrics.ts'
import { readProxies } from '../../remote/proxy/proxies.ts'
import { createShareRevocations } from '../../revocation/share-revocations.ts'
import { createMemoryStore } from '../../revocation/stores/memory-store.ts'
import { type CreateStore, createStore } from '../../revocation/stores/stores.ts'
import { createApplication } from '../../server/application.ts'
import { createConfiguredKeys } from '../../server/configured-keys.ts'
import { startConfiguredRevocation } from '../../server/configured-revocation.ts'
import { toVisible } from '../../settings/clean-text.ts'
import { VERSION } from '../../version.ts'
import { type CommandContext, UsageError } from '../command.ts'

export interface ExplainOnRouteOptions extends Pick<CommandContext, 'env' | 'now' | 'report'> {
  /** The configuration file. */
  readonly file: string
  /** The path of a check route. Default: the only one. */
  readonly route: string | undefined
}

/**
 * Builds the service of a configuration without its listeners, and has a route report on a token. Keys are read or fetched as the service
 * does it; directories of generated keys, and what the service alone has of its revocations, stay untouched.
 * @param readToken called once the configuration and the route are known to be good
 * @throws ConfigError, KeyError, or UsageError where there is no such route
 */
export async function explainOnRoute(
  options: ExplainOnRouteOptions,
  readToken: () => Promise<string>
): Promise<CheckReport> {
  const { file, env, now } = options
  const loaded = loadConfig({ file, env })
  const path = findCheckRoute(loaded.config, options.route)
  const raw = await readToken()
  const { explain, close } = await buildRoute(loaded, path, options)
  try {
    const kind = loaded.config.revocation?.store.kind
    return await explain(raw, kind === 'redis' ? undefined : 'revocation')
  } finally {
    await close()
  }

  async function buildRoute(
    { config, origin }: LoadedConfig,
    path: string,
    { report }: Pick<CommandContext, 'report'>
  ) {
    const logger = createReportingLogger(report)
    const parts = { logger, metrics: createMetrics(), now, proxyFor: readProxies(env) }
    const keyStore = createConfiguredKeys(
      { config, origin },
      { ...parts, shareSource: createShareSource(), isReadOnly: true }
    )
    await keyStore.start()
    const revocation = await startConfiguredRevocation(config, {
      ...parts,
      origin,
      shareRevocations: createShareRevocations(),
      createStore: createReadableStore
    })
    let explain: Explain | undefined
    const app = await createApplication({
      ...parts,
      config,
      keyStore,
      revocation,
      isReady: () => true,
      version: VERSION,
      createHosts(routes) {
        explain ??= routes.find((route) => route.path === path)?.explain
        return () => {}
      }
    })
    if (explain === undefined) throw new TypeError(`expected the route ${path}`)
    return { explain, close: app.close }
  }
}

function findCheckRoute({ routes }: Config, wanted: string | undefined): string {
  const paths = routes.flatMap((route) => ('check' in route ? [route.check] : []))
  const [only, ...others] = paths
  if (wanted !== undefined && paths.includes(wanted)) return wanted
  if (wanted === undefined && only !== undefined && others.length === 0) return only
  if (only === undefined) throw new UsageError('the configuration has no check route')
  const expected = `expected --route to be one of ${paths.join(', ')}`
  throw new UsageError(wanted === undefined ? expected : `no check route ${wanted}, ${expected}`)
}

/** Revocations that only the running service has are unknown here, so no token counts as accepted. Only one process can open the file. */
const createReadableStore: CreateStore = async function createReadableStore(settings, options) {
  if (settings.kind === 'redis') return createStore(settings, options)
  const place =
    settings.kind === 'memory' ? 'in the memory of the service' : 'in a file of the service'
  return {
    ...createMemoryStore(options),
    async start(follower) {
      follower.unavailable(`revocations are ${place}, which this command cannot read`)
    }
  }
}

/** Shows only possible reasons for a rejection, such as a JWK Set that was not fetched. */
function createReportingLogger(report: CommandContext['report']): Logger {
  const show = (fields: object, message: string) =>
    report(`warning: ${message} ${toVisible(JSON.stringify(fields))}`)
  const logger: Logger = {
    level: 'warn',
    isLevelEnabled: () => false,
    child: () => logger,
    debug() {},
    info() {},
    warn: (fields, message) => {
      // It is a step of the report as well.
      if (!message.startsWith('revocation store')) show(fields, message)
    },
    error: show
  }
  return logger
}

const MARKS: Readonly<Record<CheckStep['result'], string>> = {
  passed: 'ok  ',
  rejected: 'FAIL',
  unavailable: '??  ',
  'not its own': '-   ',
  'not reached': '    '
}

/** Lines for people: a line for each step, the content of the token, and the answer of the route. */
export function writeReport({ outcome, error, steps, token }: CheckReport): string {
  const lines = steps.map(({ step, result, found, reason }) => {
    const what = found ?? result
    return `${MARKS[result]} ${step}: ${toVisible(what)}${reason === undefined ? '' : ` (${reason})`}`
  })
  const content =
    token === undefined
      ? []
      : [
          `header: ${toVisible(token.header)}`,
          `claims: ${toVisible(token.claims)}${token.verified ? '' : ' (not verified: anyone could have written them)'}`
        ]
  const decision = outcome === 'undecided' ? 'accepted, unless it is revoked' : outcome
  const answer = error === undefined ? '' : `: ${error.status} ${error.message}`
  return `${[...lines, ...content, `${decision}${answer}`].join('\n')}\n`
}
