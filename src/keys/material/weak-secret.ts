/** Shared secrets that others know, or can guess. */

/** Secrets in published documentation, and so in every list of secrets to try. In lower case, base64 as base64url. */
const PUBLISHED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'a-string-secret-at-least-256-bits-long': 'jwt.io',
    'a-valid-string-secret-that-is-at-least-384-bits-long': 'jwt.io',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long': 'jwt.io',
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow':
      'RFC 7515, appendix A.1',
    'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg': 'RFC 7520, section 3.5',
    'super-secret-jwt-token-with-at-least-32-characters-long': 'Supabase',
    reallyreallyreallyreallyverysafe: 'PostgREST',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7': 'FastAPI',
    '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf': 'Flask',
    cc7e0d44fd473002f1c42167459001140ec6389b7353f8088f4d9a95f2f596f2: 'jose',
    '3EK6FD-o0-c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R': 'Hasura',
    SecretKey012345678901234567890123456789012345678901234567890123456789: 'Nacos',
    '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970': 'a tutorial of Spring Boot',
    'my-secret-token-to-change-in-production': 'JHipster'
  }).map(([text, where]) => [text.toLowerCase(), where])
)

/**
 * A secret that nobody can guess has at least this many characters that do not follow from those before them. 32 random digits have 29 on
 * average, and fewer than this once in about 100 million.
 */
const LEAST_SURPRISES = 14
/** Longer secrets are checked by their beginning. */
const JUDGED_LENGTH = 512
/** Shorter repetitions come about by chance. */
const LEAST_REPETITION = 3
const KEYBOARD = 'qwertyuiopasdfghjklzxcvbnm'

/**
 * Checks a shared secret that is long enough.
 * @returns the weakness, without showing the secret; undefined for one that may be random
 */
export function describeWeakness(secret: Buffer): string | undefined {
  const text = secret.toString('latin1').toLowerCase()
  const spellings = [text.trim().replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')]
  for (const encoding of ['base64url', 'hex'] as const) {
    spellings.push(secret.toString(encoding).toLowerCase())
  }
  for (const spelling of spellings) {
    const where = PUBLISHED.get(spelling)
    if (where !== undefined)
      return `found a secret that everyone knows, from the documentation of ${where}`
  }
  return countSurprises(text.slice(0, JUDGED_LENGTH)) < LEAST_SURPRISES
    ? 'found a secret that can be guessed: it repeats itself, counts, or is blank'
    : undefined
}

/** Counts the characters that are neither blank, nor the next of a row, nor part of a repetition, which counts once. */
function countSurprises(text: string): number {
  let count = 0
  let at = 0
  while (at < text.length && count < LEAST_SURPRISES) {
    const repeated = lengthOfRepetition(text, at)
    if (repeated >= LEAST_REPETITION) {
      at += repeated
      count++
      continue
    }
    if (!isNext(text, at)) count++
    at++
  }
  return count
}

/** How many characters from here on were there before, in the same order. */
function lengthOfRepetition(text: string, at: number): number {
  let longest = 0
  for (let start = 0; start < at; start++) {
    let length = 0
    while (at + length < text.length && text[start + length] === text[at + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}

/** Whether a character is blank, goes on with a row that counts up, down or not at all, or is the next one of the keyboard. */
function isNext(text: string, at: number): boolean {
  if (/[\s\0]/.test(text[at] ?? '')) return true
  const steps = [stepTo(text, at - 1), stepTo(text, at)]
  if ([1, -1].some((direction) => steps.every((step) => step === 0 || step === direction))) {
    return true
  }
  const place = KEYBOARD.indexOf(text[at] ?? '')
  return place > 0 && KEYBOARD[place - 1] === text[at - 1]
}

/** NaN at the beginning. */
function stepTo(text: string, at: number): number {
  return text.charCodeAt(at) - text.charCodeAt(at - 1)
}
