/** Reads a token for the commands, and writes its content, for people and for programs. */
import { existsSync } from 'node:fs'
import { parseTokenReply, ServiceTokenError } from '../../client/token-reply.ts'
import type { Token } from '../../keys/token.ts'
import { isJson, toVisible } from '../../settings/clean-text.ts'
import { dateOf } from '../../settings/dates.ts'
import { type CommandContext, CommandError, UsageError } from '../command.ts'

/** For the help of the commands: why the token should not be an argument. */
export const INPUT_ADVICE =
  'The token comes from standard input, alone or in the answer of a token route. An argument would be visible in the process list and in the shell history.'

/**
 * Reads a token, or the answer of a token route with one in it.
 * @throws CommandError where there is none, UsageError where the argument is a file
 */
export async function readToken(
  argument: string | undefined,
  { readInput }: CommandContext
): Promise<string> {
  const isInput = argument === undefined || argument === '-'
  const text = (isInput ? await readInput() : argument).trim()
  if (text === '') {
    throw new CommandError(
      isInput
        ? 'found nothing on standard input, expected a token'
        : 'found an empty argument, expected a token'
    )
  }
  if (!isInput && existsSync(text)) {
    throw new UsageError(`the argument is a token; for a file use < ${text}`)
  }
  return isJson(text) ? takeToken(text) : text
}

function takeToken(answer: string): string {
  try {
    return parseTokenReply(answer).token
  } catch (error) {
    if (!(error instanceof ServiceTokenError)) throw error
    throw new CommandError(
      'found JSON without a token, expected a token or the answer of a token route'
    )
  }
}

/** One JSON object. Header and claims are copied from the token, digit for digit. */
export function toJson({ headerText, payloadText }: Token, verdict: object): string {
  const members = JSON.stringify(verdict).slice(1, -1)
  return `{${members},"header":${headerText},"claims":${payloadText}}\n`
}

/** Lines for people: header, claims, and the times in them as dates. */
export function toLines({ headerText, payloadText, payload }: Token): string {
  const times = ['iat', 'nbf', 'exp'].flatMap((name) => {
    const date = dateOf(payload[name])
    return date === undefined ? [] : [`${name}: ${date.toISOString()}`]
  })
  const lines = [`header: ${toVisible(headerText)}`, `claims: ${toVisible(payloadText)}`, ...times]
  return `${lines.join('\n')}\n`
}
