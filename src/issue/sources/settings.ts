/** The sources that the claims of a token may come from. */
import * as z from 'zod'
import type { SecretReader } from '../../settings/secrets.ts'
import { certificateSourceSchema } from './certificate/settings.ts'
import { fixedSourceSchema } from './fixed-settings.ts'
import { remoteSourceSchema } from './remote/settings.ts'
import { requestSourceSchema } from './request/settings.ts'

export type SourceConfig = z.output<ReturnType<typeof sourceSchema>>
export type CertificateSourceConfig = Extract<SourceConfig, { from: 'certificate' }>
export type RemoteSourceConfig = Extract<SourceConfig, { from: 'remote' }>
export type RequestSourceConfig = Extract<SourceConfig, { from: 'request' }>

export function sourceSchema(reader: SecretReader) {
  return z.discriminatedUnion(
    'from',
    [fixedSourceSchema, requestSourceSchema, remoteSourceSchema(reader), certificateSourceSchema],
    { error: 'expected fixed, request, remote or certificate' }
  )
}

/** The `claims` of a route. */
export function sourcesSchema(reader: SecretReader) {
  return z
    .array(sourceSchema(reader), 'expected a list of sources')
    .min(1, 'expected at least one source')
    .describe('The sources of the claims, in order; later ones win.')
}
