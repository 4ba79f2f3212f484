/** Routes that check tokens, in each of their protocols. */
import type { CheckRouteConfig } from '../protocols/check/settings.ts'
import { BEARER_PLACES, type TokenPlace } from '../protocols/token-places.ts'
import { commonFailures, type FailureStatus, failures } from './failures.ts'
import { NO_STORE, withHeaders } from './headers.ts'
import {
  fields,
  form,
  headerRef,
  json,
  type Operation,
  type PathItem,
  schemaRef,
  secret
} from './openapi.ts'
import { oauthCallers, tokenSecurity } from './security.ts'

export function describeCheck(route: CheckRouteConfig): PathItem {
  switch (route.protocol) {
    case 'txtoken':
      return describeTxtoken(route)
    case 'okera':
      return { post: describeOkera(route) }
    case 'introspection':
      return { post: describeIntrospection(route) }
    case 'forward-auth':
      return { get: describeForwardAuth(route) }
  }
}

function describeTxtoken(route: CheckRouteConfig): PathItem {
  const places = route.token ?? BEARER_PLACES
  const responses = {
    200: secret('The token is valid: all its parts.', json(schemaRef('CheckedToken'))),
    ...failures(statusesOf(route), json(schemaRef('Error')), [400, 401, 403])
  }
  const summary = 'Checks a token.'
  return {
    get: { summary, security: tokenSecurity(route, places, 'get'), responses },
    post: { summary, security: tokenSecurity(route, places, 'post'), ...bodyFor(places), responses }
  }
}

/** What an Okera ODAS asks for at its JWT_AUTHENTICATION_SERVER_URL. */
function describeOkera(route: CheckRouteConfig): Operation {
  const places = route.token ?? (['header'] as const)
  return {
    summary: 'Checks a token, and tells its claims.',
    security: tokenSecurity(route, places, 'post'),
    ...bodyFor(places),
    responses: withHeaders(
      {
        200: secret('The claims of the token.', json({ type: 'object', required: ['sub'] })),
        ...failures(statusesOf(route), json(schemaRef('OauthError')), [401, 403])
      },
      NO_STORE
    )
  }
}

/** Proxies take other statuses in ways of their own. */
function describeForwardAuth(route: CheckRouteConfig): Operation {
  const statuses = [401, 403, 503] as const
  const headers = Object.keys(route.headers ?? {}).map((name) => [name, headerRef('Claim')])
  return {
    summary: 'Tells a proxy whether a request may pass.',
    description: 'By any method, and on all paths below this one too.',
    security: tokenSecurity(route, route.token ?? ['header'], 'get'),
    responses: withHeaders(
      {
        200: { description: 'It may.', headers: Object.fromEntries(headers) },
        ...failures(statuses, undefined, [401, 403])
      },
      NO_STORE
    )
  }
}

/** RFC 7662. */
function describeIntrospection(route: CheckRouteConfig): Operation {
  return {
    summary: 'Tells whether a token is active (RFC 7662).',
    ...oauthCallers(route.auth),
    requestBody: {
      required: true,
      content: form(fields({ token: 'The token.', token_type_hint: 'Ignored.' }, ['token']))
    },
    responses: withHeaders(
      {
        200: secret('Its claims, or that it is not active.', json(schemaRef('Introspection'))),
        ...failures([...commonFailures(route), 503], json(schemaRef('OauthError')))
      },
      NO_STORE
    )
  }
}

function bodyFor(places: readonly TokenPlace[]): Pick<Operation, 'requestBody'> {
  if (!places.includes('body')) return {}
  return {
    requestBody: {
      content: {
        ...json(fields({ token: 'The token.' })),
        ...form(fields({ access_token: 'The token.' }))
      }
    }
  }
}

function statusesOf(route: CheckRouteConfig): FailureStatus[] {
  return [...commonFailures(route), 401, 403, 503]
}
