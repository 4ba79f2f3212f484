/** The places that the groups of a subject may come from. */
import * as z from 'zod'
import { parseJsonPath } from '../../json/json-path.ts'
import { claimPath } from '../../settings/json.ts'
import { duration, integer } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { endpointGroupsSchema } from './endpoint-settings.ts'
import { ldapGroupsSchema } from './ldap/settings.ts'

export type GroupSourceConfig = z.output<ReturnType<typeof groupSourceSchema>>
export type LdapGroupsConfig = Extract<GroupSourceConfig, { from: 'ldap' }>
export type EndpointGroupsConfig = Extract<GroupSourceConfig, { from: 'endpoint' }>

function groupSourceSchema(reader: SecretReader) {
  return z.discriminatedUnion(
    'from',
    [tokenGroupsSchema, ldapGroupsSchema(reader), endpointGroupsSchema(reader)],
    { error: 'expected token, ldap or endpoint' }
  )
}

/** The `groups` of a route. */
export function groupsSchema(reader: SecretReader) {
  return z
    .array(groupSourceSchema(reader), 'expected a list of places')
    .min(1, 'expected at least one place')
    .optional()
    .describe(
      'Where the groups of the subject are looked for; the first place that has an answer says them, and they are the `groups` among the claims. Default: claims stay as they are.'
    )
}

export const groupsCache = section({
  for: duration('0s', '1h')
    .prefault('30s')
    .describe(
      'How long the groups of a subject are kept, and that nothing is known of it. 0s: every check asks. Default: 30s.'
    ),
  entries: integer(1, 1_000_000)
    .prefault(10_000)
    .describe('Most subjects whose groups are kept. Default: 10000.')
})
  .prefault({})
  .describe('How long groups from elsewhere than the token are kept, for each place by itself.')

const tokenGroupsSchema = section({
  from: z.literal('token', 'expected token').describe('Groups that stand in the token.'),
  claim: claimPath
    .default('groups')
    .transform(parseJsonPath)
    .describe('The claim, a list of texts; a token without it has no answer. Default: groups.')
})
