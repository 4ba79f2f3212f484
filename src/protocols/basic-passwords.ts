/** The passwords of HTTP Basic (RFC 7617), as clients of OAuth send them. */

const BASIC = /^basic\s+(\S+)$/i

/**
 * Reads the password from the value of an Authorization header, whatever the user name. OAuth has it encoded as in a form (RFC 6749,
 * section 2.3.1), but not every client does that, and nothing tells which of them sent it.
 * @returns what the password may be: as it stands, and decoded. Empty where there is none, such as under another scheme
 */
export function readBasicPasswords(value: string): readonly string[] {
  const encoded = BASIC.exec(value.trim())?.[1]
  if (encoded === undefined) return []
  const credentials = Buffer.from(encoded, 'base64').toString()
  const colon = credentials.indexOf(':')
  if (colon === -1) return []
  const password = credentials.slice(colon + 1)
  return [password, decodeFormValue(password)]
}

function decodeFormValue(text: string): string {
  const [[, value] = ['', '']] = new URLSearchParams(`=${text.replaceAll('&', '%26')}`)
  return value
}
