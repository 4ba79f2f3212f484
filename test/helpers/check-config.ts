/** Configurations of a service that checks tokens of its own secret, with the settings of the route that a test is about. */

interface CheckConfigOptions {
  /** Settings of the check route. */
  check?: Record<string, unknown>
  /** More keys of the configuration. */
  more?: Record<string, unknown>
}

/** A full form with the route `/check`, which verifies with all keys unless a test sets others. */
export function checkConfig({ check, more }: CheckConfigOptions = {}): string {
  return JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/check', verify: [{ keys: 'all' }], ...check }],
    ...more
  })
}
