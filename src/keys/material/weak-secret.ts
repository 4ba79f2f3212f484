/** Shared secrets that others know, or can guess. */

/** Secrets in published documentation, and so in every list of secrets to try. In lower case, base64 as base64url without padding. */
const PUBLISHED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'a-string-secret-at-least-256-bits-long': 'jwt.io',
    'a-valid-string-secret-that-is-at-least-384-bits-long': 'jwt.io',
    'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long': 'jwt.io',
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow':
      'RFC 7515, appendix A.1',
    'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg': 'RFC 7520, section 3.5',
    'super-secret-jwt-token-with-at-least-32-characters-long': 'Supabase',
    'your-super-secret-jwt-token-with-at-least-32-characters-long': 'Supabase',
    reallyreallyreallyreallyverysafe: 'PostgREST',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7': 'FastAPI',
    '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf': 'Flask',
    cc7e0d44fd473002f1c42167459001140ec6389b7353f8088f4d9a95f2f596f2: 'jose',
    '3EK6FD-o0-c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R': 'Hasura',
    SecretKey012345678901234567890123456789012345678901234567890123456789: 'Nacos',
    '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970': 'a tutorial of Spring Boot',
    '3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b': 'a tutorial of Spring Boot',
    '5367566B59703373367639792F423F4528482B4D6251655468576D5A71347437': 'a tutorial of Spring Boot',
    '======================BezKoder=Spring': 'a tutorial of Spring Boot',
    'my-32-character-ultra-secure-and-ultra-long-secret': 'JSON Web Tokens in many tutorials',
    'my-secret-token-to-change-in-production': 'JHipster',
    pleaseChangeThisSecretForANewOne: 'Micronaut',
    'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.':
      'NestJS',
    '!ChangeThisMercureHubJWTSecretKey!': 'Mercure',
    '255d861b-5ea1-5996-9aa3-922530ec40b1': 'Directus',
    '6116487b-cda1-52c2-b5b5-c8022c45e263': 'Directus',
    '0f987876650b4a085e64594fae9219e7781b17506bec02489ad061fba8cb22db': 'Nhost',
    '16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef': 'LibreChat',
    eaa5191f2914e30b9387fd84e254e4ba6fc51b4654968a9b0803b456a54b8418: 'LibreChat',
    'sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U': 'Dify',
    '32-LONG-SECRET-NOT-SECURE-AT-ALL': 'Ory Kratos',
    averylogphrasebiggerthanthirtytwochars: 'Fastify',
    complex_password_at_least_32_characters_long: 'iron-session'
  }).map(([text, where]) => [text.toLowerCase(), where])
)

/** What placeholders say, in lower case and without anything between the words. Each is so long that chance writes it into no secret. */
const PLACEHOLDER = new RegExp(
  [
    '(?<!ex)(?:change|replace|modify)(?:me|this|that|it|with|before|inprod)',
    '(?:please|must|should|needsto)(?:be)?(?:change|replace|modif)',
    'tobe(?:changed|replaced|modified)',
    'your[a-z0-9]{0,30}secret',
    'your(?:own|jwt|auth|token|private|signing|encryption|master|secure|strong|random|[0-9]+bits?)+key',
    '(?:secret|token|password)(?:key)?(?:goes|is)?here',
    'thisis(?:my|an?|the|our)[a-z0-9]{0,30}(?:secret|key)',
    'donotuse(?:this|in)'
  ].join('|')
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
  if (PLACEHOLDER.test(text.slice(0, JUDGED_LENGTH).replaceAll(/[^a-z0-9]/g, ''))) {
    return 'found a secret that can be guessed: it is a placeholder'
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
