/** `tokens init`: makes a key pair, and the token of the system itself. */
import { createCommand } from '../command.ts'
import { MAKING_OPTIONS, makeToken, parseTokenOptions } from './make-token.ts'
import { createTokenFolder, SYSTEM } from './token-folder.ts'

/** The claims of the system token. */
const SYSTEM_SUBJECT = { sub: 'okera', groups: ['root'] }

export const initTokens = createCommand({
  parameters: [],
  description:
    'Make a key pair (.auth/id_rsa and .auth/id_rsa.pub, in PEM) and the system token (.auth/system.token: sub okera, groups ["root"]). If the folder already has keys, they are used, never overwritten. --force overwrites the token.',
  options: MAKING_OPTIONS,
  examples: ['txtoken tokens init', 'txtoken tokens init --alg ES256 --lifetime 365d'],
  async run({ values, report, now }) {
    const options = parseTokenOptions(values)
    const folder = createTokenFolder(values.dir ?? '.auth', report)
    const key = await folder.prepareKey(options.alg)
    const token = await makeToken(key, SYSTEM_SUBJECT, options, now)
    await folder.saveToken(SYSTEM, token, values.force === true)
  }
})
