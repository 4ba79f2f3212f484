/** A validator of KrakenD becomes a route that a gateway calls for each request. */
import type { Section } from '../source.ts'
import { given, goDuration } from '../system.ts'
import { readKeyPlace, toKey, type WrittenKey } from './keys.ts'

export interface CheckingRoute {
  /** The key that verifies, unless it is a JWK Set of a known issuer. */
  readonly key: WrittenKey | undefined
  /** It lacks `verify` where there is a key. */
  readonly route: Readonly<Record<string, unknown>>
}

/** @param validator the section of the validator */
export function readCheckingRoute(validator: Section): CheckingRoute {
  const alg = validator.text('alg') ?? 'RS256'
  const issuer = validator.text('issuer')
  const place = readKeyPlace(validator)
  const fetching = { ...place.fetching, ...readRefresh(validator) }
  const strategy = validator.text('key_identify_strategy') ?? 'kid'
  if (strategy !== 'kid') {
    validator.note('key_identify_strategy', 'has no equal: a key is found by its kid')
  }
  const isOfIssuer = place.url !== undefined && issuer !== undefined && !alg.startsWith('HS')
  if (!isOfIssuer && place.url !== undefined) {
    validator.note(
      'jwk_url',
      'is read as one key: put issuer in, where the set has several public keys, and a kid, where it has several secrets'
    )
  }
  const { groups, require } = readRequirements(validator)
  const needed = given({ ...require, issuer: isOfIssuer ? undefined : issuer })
  return {
    key: isOfIssuer ? undefined : { ...toKey({ ...place, fetching }, { alg }), publish: false },
    route: given({
      verify: isOfIssuer
        ? [{ jwks: place.url, issuer, algorithms: [alg], ...fetching }]
        : undefined,
      token: readPlaces(validator),
      groups,
      require: Object.keys(needed).length === 0 ? undefined : needed,
      skew: goDuration(validator, 'leeway') ?? '1s',
      headers: readHeaders(validator)
    })
  }
}

function readRefresh(validator: Section) {
  const seconds = validator.number('cache_duration')
  if (validator.flag('cache') === false) {
    validator.note('cache', 'has no equal: a JWK Set is kept, for 15 minutes at most')
  }
  return given({
    refresh: seconds === undefined || seconds === 0 ? undefined : `${seconds}s`,
    cooldown: goDuration(validator, 'failed_jwk_key_cooldown')
  })
}

function readPlaces(validator: Section): string[] | undefined {
  const header = validator.text('auth_header_name') ?? 'Authorization'
  const cookie = validator.text('cookie_key')
  const inHeader = /^authorization$/i.test(header) ? 'header' : `header:${header}`
  if (inHeader === 'header' && cookie === undefined) return undefined
  return [inHeader, ...(cookie === undefined ? [] : [`cookie:${cookie}`])]
}

function readRequirements(validator: Section) {
  const [audience, ...others] = validator.texts('audience')
  if (others.length > 1) {
    validator.note('audience', 'has more than two, of which the first and the last are required')
  }
  const roles = validator.texts('roles')
  if (roles.length > 0) validator.note('roles', 'are compared without case')
  const name = validator.text('roles_key') ?? 'roles'
  const isNested = validator.flag('roles_key_is_nested') === true
  const claim = isNested ? name : name.replaceAll('.', '\\.')
  return {
    groups: roles.length === 0 ? undefined : [{ from: 'token', claim }],
    require: {
      audience,
      claims: others.length === 0 ? undefined : { aud: others.at(-1) },
      groups: roles.length === 0 ? undefined : roles,
      scopes: readScopes(validator)
    }
  }
}

function readScopes(validator: Section) {
  const scopes = validator.texts('scopes')
  const key = validator.text('scopes_key')
  const matcher = validator.text('scopes_matcher') ?? 'any'
  if (scopes.length === 0) return undefined
  if (key !== 'scope' && key !== 'scp') {
    validator.note(
      'scopes_key',
      'has no equal: scopes are read from scope and scp, and tokens that have them elsewhere are rejected'
    )
  }
  return matcher === 'all' ? { all: scopes } : { any: scopes }
}

function readHeaders(validator: Section): Record<string, string> | undefined {
  const pairs = validator.value('propagate_claims')
  const list: unknown[] = Array.isArray(pairs) ? pairs : []
  const headers = list.flatMap((pair): [string, string][] => {
    const [claim, header] = Array.isArray(pair) ? pair : []
    return typeof claim === 'string' && typeof header === 'string' ? [[header, claim]] : []
  })
  return headers.length === 0 ? undefined : Object.fromEntries(headers)
}
