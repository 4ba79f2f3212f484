/** Makes key sources from the `keys` of a configuration, or a list of all their problems. */

import type { Problem } from '../settings/problem.ts'
import { KeyError } from './key-error.ts'
import type { KeySource } from './key-source.ts'
import { createFixedKeySource, limitToPeriod } from './key-source.ts'
import { createKey } from './kinds/create-key.ts'
import { describeCost } from './material/fitness.ts'
import {
  type KeyMaterial,
  parseKeyOfSet,
  parsePrivateKey,
  parsePublicKey,
  parseSecret
} from './material/key-material.ts'
import { describeWeakness } from './material/weak-secret.ts'
import { createRemoteKeySource } from './remote/remote-key-source.ts'
import { toRemoteKeyOptions } from './remote/settings.ts'
import type { GeneratedKeyConfig, KeyConfig, RemoteKeyConfig } from './settings.ts'

/** The factories of sources other than one fixed key. Their KeyErrors and TypeErrors become problems of the entry. */
export interface KeySourceFactories {
  readonly remote: (entry: RemoteKeyConfig) => KeySource
  readonly generated: (entry: GeneratedKeyConfig) => KeySource
}

export interface KeySources {
  /** In the order in which they are asked for a signing key: the latest `from` first, else as configured. */
  readonly sources: readonly KeySource[]
  /** Why the sources must not be used. Empty for valid ones. */
  readonly problems: readonly Problem[]
  /** Settings that work but are not advisable. */
  readonly warnings: readonly Problem[]
  /** Shared secrets that others know or can guess, and so can sign tokens with. */
  readonly weakSecrets: readonly Problem[]
}

type FixedKeyConfig = Exclude<KeyConfig, RemoteKeyConfig | GeneratedKeyConfig>

interface EntrySource {
  /** Undefined where there is a problem with it. */
  readonly source?: KeySource
  /** The kid of its tokens and its JWK, as far as it is known yet. */
  readonly kid: string | undefined
  readonly warning?: string | undefined
  readonly weakness?: string | undefined
}

/**
 * Makes the sources. Nothing is read, fetched or generated yet: see {@link KeySource.start}.
 *
 * Imported keys rotate by their dates. The one with the latest `from` is asked first. It does not sign before that date,
 * so the previous one still does, which verifies until its `until`.
 */
export function createKeySources(
  entries: readonly (KeyConfig | undefined)[],
  factories: KeySourceFactories
): KeySources {
  const problems: Problem[] = []
  const made = entries.map((entry, index): EntrySource => {
    if (entry === undefined) return { kid: undefined }
    try {
      return createEntrySource(entry, factories)
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      problems.push({ path: ['keys', index, entry.origin], message: error.message })
      return { kid: entry.kid }
    }
  })
  problems.push(...findDuplicates(made.map(({ kid }) => kid)))
  const warnings = made.flatMap(({ warning }, index): Problem[] =>
    warning === undefined ? [] : [{ path: ['keys', index], message: warning }]
  )
  const weakSecrets = made.flatMap(({ weakness: message }, index): Problem[] => {
    const origin = entries[index]?.origin
    return message === undefined || origin === undefined
      ? []
      : [{ path: ['keys', index, origin], message }]
  })
  const sources = made
    .map(({ source }, index) => ({ source, from: entries[index]?.from ?? 0 }))
    .toSorted((one, other) => other.from - one.from)
    .flatMap(({ source }) => source ?? [])
  return { sources, problems, warnings, weakSecrets }
}

/** Tokens name their key by its kid, so no two may share one. */
function findDuplicates(kids: readonly (string | undefined)[]): Problem[] {
  return kids.flatMap((kid, index): Problem[] => {
    const first = kids.indexOf(kid)
    if (kid === undefined || first === index) return []
    const message = `found the kid ${JSON.stringify(kid)} of keys[${first}] again, expected one of its own`
    return [{ path: ['keys', index, 'kid'], message }]
  })
}

function createEntrySource(entry: KeyConfig, factories: KeySourceFactories): EntrySource {
  if (entry.origin === 'jwksUrl' || entry.origin === 'generate') {
    const source = createChangingSource(entry, factories)
    return {
      source: limitPublishing(limitToPeriod(source, entry), entry),
      kid: entry.kid,
      warning: describeCost(entry.alg, undefined)
    }
  }
  const { alg, typ } = entry
  const { material, kid = entry.kid } = parseMaterial(entry)
  if (entry.kid !== undefined && kid !== entry.kid) {
    throw new KeyError(
      `found a JWK with the kid ${JSON.stringify(kid)}, expected ${JSON.stringify(entry.kid)} as in this entry`
    )
  }
  const key = createKey({ alg, material, kid, typ })
  return {
    source: limitPublishing(limitToPeriod(createFixedKeySource(key, entry.kid), entry), entry),
    kid: key.publicJwk?.kid ?? kid,
    warning: describeCost(alg, material),
    weakness: material.type === 'secret' ? describeWeakness(material.export()) : undefined
  }
}

function limitPublishing(source: KeySource, { publish }: KeyConfig): KeySource {
  return publish ? source : { ...source, publishedKeys: () => [] }
}

function createChangingSource(
  entry: RemoteKeyConfig | GeneratedKeyConfig,
  factories: KeySourceFactories
): KeySource {
  try {
    return entry.origin === 'jwksUrl' ? factories.remote(entry) : factories.generated(entry)
  } catch (error) {
    if (error instanceof TypeError) throw new KeyError(error.message)
    throw error
  }
}

function parseMaterial(entry: FixedKeyConfig): KeyMaterial {
  switch (entry.origin) {
    case 'secret':
      return parseSecret(entry.secret, entry.alg, entry.encoding)
    case 'private':
      return parsePrivateKey(entry.private, entry.alg, entry.passphrase, entry.kid)
    case 'public':
      return parsePublicKey(entry.public, entry.alg, entry.kid)
    case 'jwks':
      return parseKeyOfSet(entry.jwks, entry.alg, entry.kid)
  }
}

/** In place of generated keys, whose settings the schema checks. */
const UNMADE: KeySource = {
  name: undefined,
  signingKey: () => undefined,
  verificationKeys: () => [],
  publishedKeys: () => [],
  changesAt: () => Number.POSITIVE_INFINITY
}

/**
 * Checks the keys of a configuration. Nothing is fetched or generated for it.
 * @param entries undefined for one that cannot be read, which is reported already
 */
export function judgeKeys(
  entries: readonly (KeyConfig | undefined)[]
): Omit<KeySources, 'sources'> {
  return createKeySources(entries, {
    remote: (entry) => createRemoteKeySource(toRemoteKeyOptions(entry)),
    generated: () => UNMADE
  })
}
