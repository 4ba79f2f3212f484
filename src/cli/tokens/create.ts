/** `tokens create`: makes a token for a user and its groups. */
import { createCommand, UsageError } from '../command.ts'
import { MAKING_OPTIONS, makeToken, parseTokenOptions } from './make-token.ts'
import { createTokenFolder, SYSTEM, tokenFileName } from './token-folder.ts'

export const createUserToken = createCommand({
  parameters: ['<user>', '[<group>...]'],
  description:
    'Make a token for a user, save it in .auth/<user>.token and print it. Its claims are sub, groups, iat and exp, and those of --claim.',
  options: {
    ...MAKING_OPTIONS,
    json: { type: 'boolean', description: 'Print user, file and token as JSON' }
  },
  examples: [
    'txtoken tokens create ada analysts admins',
    'txtoken tokens create ada --claim source=microservice --claim level=3 --lifetime 12h'
  ],
  async run({ values, parameters: [user = '', ...groups], print, report, now }) {
    tokenFileName(user)
    if (user === SYSTEM) throw new UsageError("'txtoken tokens init' makes the token of system")
    const options = parseTokenOptions(values)
    const folder = createTokenFolder(values.dir ?? '.auth', report)
    const key = await folder.loadKey(options.alg)
    const token = await makeToken(key, { sub: user, groups }, options, now)
    const file = await folder.saveToken(user, token, values.force === true)
    print(`${values.json === true ? JSON.stringify({ user, file, token }) : token}\n`)
  }
})
