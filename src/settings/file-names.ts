/** Names of files where their content is expected. */

/** The name of a file where its content is expected. Random text in base64 or hex has no dot, so that no secret is shown. */
const FILE_NAME = /^[\w@%+~./\\ -]{1,200}\.(?:pem|crt|cer|key|pub|jwk|jwks|json|txt)$/

const ONE_CASE = /^(?:[a-z\d._-]+|[A-Z\d._-]+)$/

/** Whether a text is a path or a file name: no key or random secret looks like one. */
export function isNamedLikeFile(text: string): boolean {
  return FILE_NAME.test(text) || isPath(text)
}

/** Whether or not there is such a file. Each part of a path is in one case, which random base64 practically never is. */
function isPath(text: string): boolean {
  const [start = '', ...parts] = text.split('/')
  const isStart = start === '~' || /^\.{0,2}$/.test(start)
  return isStart && parts.length > 0 && parts.every((part) => ONE_CASE.test(part))
}

/**
 * Names the setting that was probably meant, for the end of a message.
 * @returns nothing for a text that does not look like the name of a file
 */
export function adviseFile(text: string): string {
  return isNamedLikeFile(text) ? `; ${askForFile(text)}` : ''
}

/** A shell replaces `~`, this program does not. */
export function askForFile(text: string): string {
  return text.startsWith('~/')
    ? `did you mean { file: ${text} }, with the path of the home folder in place of ~?`
    : `did you mean { file: ${text} }?`
}
