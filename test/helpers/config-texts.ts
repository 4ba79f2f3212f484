/** Configurations of the service as text, in both forms. */

/** The flat form with a remote, and more keys where a test needs them. */
export function flatConfig(remote: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    encKey: '${ENC_KEY}',
    remote,
    expHours: 1,
    getTokenRoute: '/getToken',
    checkTokenRoute: '/checkToken',
    requestTokenData: { authorization: 'internal' },
    ...more
  })
}

interface FullConfigOptions {
  /** More keys of the remote source. */
  source?: Record<string, unknown>
  /** More keys of the issue route. */
  issue?: Record<string, unknown>
  /** More keys of the configuration. */
  more?: Record<string, unknown>
}

/** The full form of {@link flatConfig}, for settings that the flat form does not have. */
export function fullConfig(
  remote: string,
  { source, issue, more }: FullConfigOptions = {}
): string {
  const claims = [
    {
      from: 'remote',
      url: remote,
      bearer: { authorization: 'internal' },
      at: 'data',
      ...source
    }
  ]
  return JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [
      { issue: '/getToken', claims, lifetime: '1h', ...issue },
      { check: '/checkToken', verify: [{ keys: 'all' }] }
    ],
    ...more
  })
}
