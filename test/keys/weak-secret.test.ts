import { randomBytes } from 'node:crypto'
import test from 'ava'
import { describeWeakness } from '../../src/keys/material/weak-secret.ts'

const judge = (text: string) => describeWeakness(Buffer.from(text))

for (const text of [
  'a-string-secret-at-least-256-bits-long',
  ' A-String-Secret-at-least-256-bits-long\n',
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'reallyreallyreallyreallyverysafe',
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  '!ChangeThisMercureHubJWTSecretKey!',
  '======================BezKoder=Spring===========================',
  'pleaseChangeThisSecretForANewOne',
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.'
]) {
  test(`${JSON.stringify(text)} is published`, (t) => t.regex(judge(text) ?? '', /everyone knows/))
}

test('a published secret is recognized by its bytes too', (t) => {
  const bytes = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url'
  )
  t.regex(describeWeakness(bytes) ?? '', /RFC 7515/)
  const hex = Buffer.from('09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', 'hex')
  t.regex(describeWeakness(hex) ?? '', /FastAPI/)
})

for (const text of [
  'x'.repeat(33),
  'a'.repeat(32),
  ' '.repeat(40),
  `${' '.repeat(30)}secret`,
  '\0'.repeat(64),
  'secret'.repeat(6),
  'changeme'.repeat(4),
  'passwordpasswordpassword12345678',
  'PasswordpasswordPASSWORD!!!!!!!!',
  '12345678901234567890123456789012',
  '0123456789abcdef0123456789abcdef',
  'abcdefghijklmnopqrstuvwxyz123456',
  'zyxwvutsrqponmlkjihgfedcba987654',
  'qwertyuiopasdfghjklzxcvbnm123456',
  'aaaaaaaabbbbbbbbccccccccdddddddd',
  'aabbccddeeffgghhiijjkkllmmnnoopp',
  '01'.repeat(16),
  '01101001100101101001011001101001',
  'x'.repeat(5000)
]) {
  test(`${JSON.stringify(text.slice(0, 40))} can be guessed`, (t) => {
    t.regex(judge(text) ?? '', /can be guessed/)
  })
}

for (const text of [
  'CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET',
  'PLEASE-CHANGE-ME-I-AM-VERY-INSECURE',
  'dev-jwt-secret-change-in-production',
  'jwt-signing-secret changeit 0123987465',
  'ThisEzPlatformTokenIsNotSoSecret_PleaseChangeIt',
  'replace-with-secure-random-value',
  'Replace.Me.By.Thirty-Two.Characters',
  'some-secret-that-has-to-be-replaced-soon',
  'thisisaverylongsecretkeythatshouldbechanged',
  'ThisIsMySuperSecretKeyThatIs32BytesLong',
  'your_jwt_secret_of_thirty_two_characters',
  'YOUR_OWN_RANDOM_GENERATED_SECRET_KEY',
  'your-256-bit-key-of-exactly-32-bytes',
  'jwt: put the secret key here, 32 or more',
  'THIS IS USED TO SIGN AND VERIFY JWT TOKENS, REPLACE IT WITH YOUR OWN SECRET, IT CAN BE ANY STRING'
]) {
  test(`${JSON.stringify(text)} is a placeholder`, (t) => {
    t.is(judge(text), 'found a secret that can be guessed: it is a placeholder')
  })
}

test('a random secret is not called weak, in any encoding', (t) => {
  for (let round = 0; round < 2000; round++) {
    const bytes = randomBytes(32)
    const digits = Array.from(bytes, (byte) => byte % 10).join('')
    const letters = Array.from(bytes, (byte) => String.fromCharCode(97 + (byte % 26))).join('')
    for (const secret of [
      bytes,
      bytes.toString('hex'),
      bytes.toString('hex').slice(0, 32),
      bytes.toString('base64'),
      digits,
      letters
    ]) {
      t.is(describeWeakness(Buffer.from(secret)), undefined, String(secret))
    }
  }
})

test('random digits with chance repetitions are not called weak', (t) => {
  t.is(judge('24555053987855565810053458150537'), undefined)
})

test('a sentence is not called weak', (t) => {
  t.is(judge('a secret of thirty-two characters or more'), undefined)
  t.is(judge('token-exchange-method-9f2b7c1d4e6a8035'), undefined)
  t.is(judge('correct-horse-battery-staple-under-the-old-bridge'), undefined)
})
