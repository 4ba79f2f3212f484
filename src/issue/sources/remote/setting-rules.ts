/** The rules between the settings of a remote source. */
import type * as z from 'zod'
import type { JsonText } from '../../../json/json-text.ts'
import { variablesIn } from '../../../settings/route-paths.ts'
import { type BodyMode, bodyModeOf } from './call.ts'

/** The settings that the rules are about. */
interface RemoteSettings {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly send?: BodyMode | undefined
  readonly body?: unknown
  readonly metadata?: readonly { name: string; value?: JsonText | undefined }[] | undefined
  readonly bearer?: JsonText | undefined
  readonly bearerKey?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly forward?: readonly string[] | undefined
  readonly clientAddress: boolean
  readonly at?: string | undefined
  readonly pick?: object | undefined
}

interface Rule {
  readonly path: (keyof RemoteSettings)[]
  readonly error: string
  readonly isMet: (settings: RemoteSettings) => boolean
}

const rules: readonly Rule[] = [
  {
    path: ['send'],
    error: 'expected nothing, since a GET has no body',
    isMet: ({ method, send = 'nothing' }) => method !== 'GET' || send === 'nothing'
  },
  {
    path: ['send'],
    error: 'expected metadata to send',
    isMet: ({ send, metadata }) => send !== 'metadata' || metadata !== undefined
  },
  {
    path: ['body'],
    error: 'expected send: body or form',
    isMet: ({ body, ...settings }) =>
      body === undefined || ['body', 'form'].includes(bodyModeOf(settings))
  },
  {
    path: ['metadata'],
    error: 'nothing uses some of it, expected send: metadata, or a variable in url for each',
    isMet: ({ url, send, metadata = [] }) =>
      send === 'metadata' || metadata.every(({ name }) => variablesIn(url).includes(name))
  },
  {
    path: ['metadata'],
    error: 'expected a text, a number, true or false for a variable in url',
    isMet: ({ url, metadata = [] }) =>
      !metadata.some(
        ({ name, value = '' }) => variablesIn(url).includes(name) && /^[[{n]/.test(value)
      )
  },
  {
    path: ['pick'],
    error: 'expected another claim than that of at',
    isMet: ({ at, pick }) => at === undefined || pick === undefined || !Object.hasOwn(pick, at)
  },
  {
    path: ['bearerKey'],
    error: 'only goes with bearer',
    isMet: ({ bearer, bearerKey }) => bearer !== undefined || bearerKey === undefined
  },
  {
    path: ['headers'],
    error: 'expected no authorization, since the bearer is sent there',
    isMet: ({ bearer, headers = {} }) =>
      bearer === undefined || !Object.hasOwn(headers, 'authorization')
  },
  {
    path: ['forward'],
    error: 'expected no authorization, since the bearer is sent there',
    isMet: ({ bearer, forward = [] }) => bearer === undefined || !forward.includes('authorization')
  },
  {
    path: ['headers'],
    error: 'expected no x-forwarded-for, since clientAddress sends it',
    isMet: ({ clientAddress, headers = {} }) =>
      !clientAddress || !Object.hasOwn(headers, 'x-forwarded-for')
  },
  {
    path: ['forward'],
    error: 'expected none of those in headers',
    isMet: ({ headers = {}, forward = [] }) => !forward.some((name) => Object.hasOwn(headers, name))
  }
]

/** Adds the rules to a schema. */
export function refineRemote<Schema extends z.ZodType<RemoteSettings>>(schema: Schema): Schema {
  return rules.reduce(
    (refined, { path, error, isMet }) => refined.refine(isMet, { path, error }),
    schema
  )
}
