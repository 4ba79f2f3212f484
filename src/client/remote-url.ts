/** The addresses that the client calls. */

/**
 * Makes sure that a URL may be called: tokens and API keys travel to it.
 * @param option what the URL is called among the options
 * @throws TypeError that says what is expected, and holds nothing of the URL
 */
export function assertCallable(option: string, url: string, allowHttp: boolean): void {
  const { protocol, username, password } = URL.canParse(url)
    ? new URL(url)
    : { protocol: '', username: '', password: '' }
  if (protocol !== 'https:' && !(protocol === 'http:' && allowHttp)) {
    throw new TypeError(
      `${option}: expected an https:// URL; plain http:// needs allowHttp: true, for a network that is safe by other means`
    )
  }
  if (username !== '' || password !== '') {
    throw new TypeError(`${option}: expected a URL without a user name and password`)
  }
}
