/** The options about calls: where they go, with what, and for how long. */
import { validateHeaderValue } from 'node:http'

interface RemoteOptions {
  readonly allowHttp?: boolean | undefined
  readonly apiKey?: string | undefined
  readonly timeoutMs?: number | undefined
}

/**
 * Makes sure that a URL may be called, since tokens and API keys are sent to it, and that the other options of calls are valid.
 * @param option the name of the option that holds the URL
 * @throws TypeError with what is expected, and without the URL or the API key
 */
export function assertCallable(
  option: string,
  url: string,
  { allowHttp = false, apiKey, timeoutMs }: RemoteOptions
): void {
  const { protocol, username, password } = URL.canParse(url)
    ? new URL(url)
    : { protocol: '', username: '', password: '' }
  if (protocol !== 'https:' && !(protocol === 'http:' && allowHttp === true)) {
    throw new TypeError(
      `${option}: expected an https:// URL; plain http:// needs allowHttp: true, for a network that is safe by other means`
    )
  }
  if (username !== '' || password !== '') {
    throw new TypeError(`${option}: expected a URL without a user name and password`)
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new TypeError('timeoutMs: expected a number above 0')
  }
  if (apiKey !== undefined && !isHeaderValue(apiKey)) {
    throw new TypeError('apiKey: expected text without line breaks')
  }
}

function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue('api-key', value)
    return true
  } catch {
    return false
  }
}
