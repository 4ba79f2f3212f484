/** The `groups` of a route become the function that finds them. */

import type { CheckRouteConfig } from '../../protocols/check/settings.ts'
import type { Services } from '../../protocols/services.ts'
import { createEndpointGroups } from './endpoint-groups.ts'
import {
  createRequiredGroups,
  createResolveGroups,
  type GroupResolver,
  type ResolveGroups
} from './group-resolver.ts'
import { createLdapGroups } from './ldap/ldap-groups.ts'
import type { EndpointGroupsConfig, GroupSourceConfig, LdapGroupsConfig } from './settings.ts'
import { createSubjectGroups, type GroupLookup } from './subject-groups.ts'
import { createTokenGroups } from './token-groups.ts'

/** Undefined for a route that looks for no groups. */
export function createRouteGroups(
  { groups, groupsCache, require }: Pick<CheckRouteConfig, 'groups' | 'groupsCache' | 'require'>,
  services: Services
): ResolveGroups | undefined {
  if (groups === undefined) return undefined
  const cache = { forMs: groupsCache.for, entries: groupsCache.entries }
  const resolveGroups = createResolveGroups(
    groups.map((source): GroupResolver => {
      if (source.from === 'token') return createTokenGroups(source.claim)
      const lookup = createLookup(source, services)
      return createSubjectGroups({ lookup, cache, now: services.now })
    })
  )
  return require.groups === undefined
    ? resolveGroups
    : createRequiredGroups(resolveGroups, require.groups)
}

function createLookup(
  source: Exclude<GroupSourceConfig, { from: 'token' }>,
  services: Services
): GroupLookup {
  switch (source.from) {
    case 'ldap':
      return createDirectoryLookup(source, services)
    case 'endpoint':
      return createEndpointLookup(source, services)
  }
}

function createDirectoryLookup(
  config: LdapGroupsConfig,
  { connectDirectory }: Services
): GroupLookup {
  const { url, startTls = url.startsWith('ldap:'), tls, bindDn, password, timeout } = config
  const { base, filter, attribute, memberships, take } = config
  return createLdapGroups({
    connection: connectDirectory({
      url,
      startTls,
      tls,
      bind: bindDn === undefined || password === undefined ? undefined : { dn: bindDn, password },
      timeoutMs: timeout
    }),
    base,
    filter,
    from: memberships ?? attribute ?? '',
    take
  })
}

function createEndpointLookup(
  { url, method, headers, timeout, tls }: EndpointGroupsConfig,
  { limits, connectEndpoint }: Services
): GroupLookup {
  const endpoint = connectEndpoint(url, {
    timeoutMs: timeout,
    maxReplyBytes: limits.reply,
    maxCalls: limits.calls,
    tls
  })
  return createEndpointGroups({ url, method, headers, endpoint, maxDepth: limits.depth })
}
