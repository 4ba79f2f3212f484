/** Services that show the claims of sources. */
import type { ExecutionContext } from 'ava'
import { problemsOf } from './config.ts'
import { startService, type TestService } from './service.ts'

interface ClaimsOptions {
  /** The path of the route. Default: `/claims`. */
  path?: string
  /** More keys of the route. */
  route?: Record<string, unknown>
  /** More keys of the configuration. */
  more?: Record<string, unknown>
}

/** Starts a service whose only route shows the claims of these sources. */
export function startClaims(
  t: ExecutionContext,
  sources: readonly object[],
  options: ClaimsOptions = {}
): Promise<TestService> {
  return startService(t, { config: JSON.stringify(claimsConfig(sources, options)) })
}

/** The problems of a source, as `setting: message`. */
export function sourceProblems(t: ExecutionContext, source: object, path?: string): string[] {
  const config = claimsConfig([source], path === undefined ? {} : { path })
  return problemsOf(t, config, {
    env: { ENC_KEY: 'a secret of thirty-two characters or more' }
  }).map((problem) => problem.replace(/^routes\[0\]\.sources\[0\](?:\.|: )/, ''))
}

function claimsConfig(sources: readonly object[], { path, route, more }: ClaimsOptions): object {
  return {
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ claims: path ?? '/claims', sources, ...route }],
    ...more
  }
}
