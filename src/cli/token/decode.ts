/** `token decode`: shows what is in a token, unverified. */
import { parseToken } from '../../keys/token.ts'
import { createCommand } from '../command.ts'
import { INPUT_ADVICE, readToken, toJson, toLines } from './token-text.ts'

/** Deeper than any real token. */
const MAX_DEPTH = 1000

export const decodeToken = createCommand({
  parameters: ['[<token>]'],
  description: `Show the header and claims of a token. Nothing is verified: anyone could have written it. ${INPUT_ADVICE}`,
  options: {
    json: { type: 'boolean', description: 'Write one JSON object' }
  },
  examples: [
    'txtoken token decode < token.txt',
    'txtoken tokens show ada | txtoken token decode --json'
  ],
  async run({ values, parameters: [argument], print, report, ...context }) {
    const token = parseToken(await readToken(argument, { ...context, print, report }), MAX_DEPTH)
    print(values.json === true ? toJson(token, { verified: false }) : toLines(token))
    report('not verified: anyone could have written this token')
  }
})
