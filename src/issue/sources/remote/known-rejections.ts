/** Good replies by which APIs reject a login, known without a setting. */

/** Members that are true after a successful login, in the spellings of JavaScript and of .NET. */
const SUCCESS_NAMES = [
  'success',
  'Success',
  'succeeded',
  'Succeeded',
  'isSuccess',
  'IsSuccess',
  'ok',
  'authenticated',
  'isAuthenticated',
  'loggedIn',
  'isLoggedIn'
]
const NO: ReadonlySet<unknown> = new Set([false, 0, 'false'])

/** Members that name the result. */
const RESULT_NAMES = ['status', 'Status', 'result']
const FAILED = /^(?:err|error|fail|failed|failure|unauthorized)$/i

/** Members that repeat the status of HTTP. */
const STATUS_NAMES = ['status', 'Status', 'statusCode']
const ERROR_STATUS_TEXT = /^[45]\d\d$/

/** Members with an error. */
const ERROR_NAMES = ['error', 'errors']
/** Some APIs number errors, and 0 means none. */
const NO_ERROR: ReadonlySet<unknown> = new Set([0, '0'])

/**
 * Whether a reply is an object that no API answers to a successful login. Only its own members count. Anything but an object is data.
 * @param reply undefined for an empty one
 */
export function isKnownRejection(reply: unknown): boolean {
  if (typeof reply !== 'object' || reply === null) return false
  const members = reply as Readonly<Record<string, unknown>>
  const valueAt = (name: string) => (Object.hasOwn(members, name) ? members[name] : undefined)
  return (
    SUCCESS_NAMES.some((name) => NO.has(valueAt(name))) ||
    RESULT_NAMES.some((name) => isFailure(valueAt(name))) ||
    STATUS_NAMES.some((name) => isErrorStatus(valueAt(name))) ||
    ERROR_NAMES.some((name) => isError(valueAt(name)))
  )
}

function isFailure(value: unknown): boolean {
  return value === false || (typeof value === 'string' && FAILED.test(value))
}

function isErrorStatus(value: unknown): boolean {
  if (typeof value === 'string') return ERROR_STATUS_TEXT.test(value)
  return typeof value === 'number' && value >= 400 && value < 600
}

function isError(value: unknown): boolean {
  return !isNothing(value) && !NO_ERROR.has(value)
}

/** Whether a value means "none" in APIs. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
