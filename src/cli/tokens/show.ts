/** `tokens show`: prints a saved token. */
import { createCommand } from '../command.ts'
import { MAKING_OPTIONS } from './make-token.ts'
import { createTokenFolder } from './token-folder.ts'

export const showToken = createCommand({
  parameters: ['<user>'],
  description: 'Print the saved token of a user, or of system.',
  options: {
    dir: MAKING_OPTIONS.dir,
    json: { type: 'boolean', description: 'Print user and token as JSON' }
  },
  examples: ['txtoken tokens show ada', 'txtoken tokens show ada | txtoken token decode'],
  async run({ values, parameters: [user = ''], print, report }) {
    const token = await createTokenFolder(values.dir ?? '.auth', report).loadToken(user)
    print(`${values.json === true ? JSON.stringify({ user, token }) : token}\n`)
  }
})
