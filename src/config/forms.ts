/** Converts both forms of a configuration into the full one that the program runs on, and collects their problems. */
import { isSymmetric } from '../keys/algorithms.ts'
import { judgeKeys } from '../keys/create-key-sources.ts'
import type { KeyConfig } from '../keys/settings.ts'
import { isLoopback } from '../settings/hosts.ts'
import type { Problem, Warning } from '../settings/problem.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { createFlatSchema, type FlatConfig, secretKey, toFullForm } from './flat-form.ts'
import { type Config, createFullSchema } from './full-form.ts'
import { describeIssues, valueAt } from './issues.ts'
import { openListeners } from './listeners.ts'
import { parsePartly } from './partly.ts'
import { findUnsentCookies } from './rules/cookies.ts'
import { findFlatProblems, findFullProblems } from './rules/find-problems.ts'
import { findSharedPorts } from './rules/listeners.ts'
import { findSubjectless } from './rules/revocation.ts'

interface ParseResult {
  readonly config?: Config | undefined
  /** The full form as written, or the equivalent of the flat form. */
  readonly written?: unknown
  /** The same before variables were replaced, as far as secrets go. */
  readonly unresolved?: unknown
  /** Whether it was written in the flat form. */
  readonly isFlat: boolean
  /** Why the configuration must not be used. Empty for a valid one. */
  readonly problems: readonly Problem[]
  /** Settings that work but are not advisable. */
  readonly warnings: readonly Warning[]
}

/** Each schema parses once, and the code that zod would write for it costs more than that. */
const ONCE = { jitless: true }

type FlatSchema = ReturnType<typeof createFlatSchema>
type FullSchema = ReturnType<typeof createFullSchema>

/**
 * Reads the form that has more of the keys; the flat one in a tie.
 * @param unresolved the tree before variables were replaced
 */
export function parseForm(tree: unknown, unresolved: unknown, reader: SecretReader): ParseResult {
  const flat = createFlatSchema(reader)
  const full = createFullSchema(reader)
  return countKnown(tree, flat) < countKnown(tree, full)
    ? { ...parseFull(tree, full), unresolved }
    : parseFlat(tree, unresolved, { schema: flat, full })
}

function countKnown(tree: unknown, { shape }: FlatSchema | FullSchema): number {
  if (typeof tree !== 'object' || tree === null) return 0
  return Object.keys(tree).filter((key) => Object.hasOwn(shape, key)).length
}

function parseFlat(
  tree: unknown,
  unresolved: unknown,
  { schema, full }: { readonly schema: FlatSchema; readonly full: FullSchema }
): ParseResult {
  const { data: flat, error } = schema.safeParse(tree, ONCE)
  const value = flat ?? parsePartly(schema, tree)
  const found = findFlatProblems({ value, written: tree, path: [] })
  const judged = judgeKeys(readSecret(value?.encKey, full))
  const atSecret = ({ message }: Problem) => ({ path: ['encKey'], message })
  const problems = [
    ...describeIssues(error?.issues ?? [], tree),
    ...found,
    ...judged.problems.map(atSecret)
  ]
  if (flat === undefined) return { isFlat: true, problems, warnings: [] }
  const written = toFullForm(flat)
  // Both are passed on unchanged, whatever they are.
  const { encKey, requestTokenData = flat.requestTokenData } = unresolved as FlatConfig
  return {
    isFlat: true,
    config: full.parse(written, ONCE),
    written,
    unresolved: toFullForm({ ...flat, encKey, requestTokenData }),
    problems,
    warnings: judged.weakSecrets.map((one) => ({ kind: 'weak_secret', ...atSecret(one) }))
  }
}

/** The key is checked by itself, whatever is wrong elsewhere. */
function readSecret(encKey: string | undefined, { shape }: FullSchema): readonly KeyConfig[] {
  return encKey === undefined ? [] : shape.keys.parse([secretKey(encKey)], ONCE)
}

function parseFull(tree: unknown, schema: FullSchema): ParseResult {
  const { data: config, error } = schema.safeParse(tree, ONCE)
  const keys = config?.keys ?? readEachKey(tree, schema)
  const found = findFullProblems({
    value: config ?? parsePartly(schema, tree),
    written: tree,
    path: []
  })
  const judged = judgeKeys(keys)
  const isExposed = config !== undefined && !isOnLoopback(config)
  const problems = [
    ...describeIssues(error?.issues ?? [], tree),
    ...found,
    ...judged.problems,
    ...(config === undefined ? [] : findSharedPorts(config)),
    ...(isExposed ? judged.weakSecrets.map(forbidWeakSecret) : [])
  ]
  const warnings: Warning[] = [
    ...judged.weakSecrets.map((one) => ({ kind: 'weak_secret' as const, ...one })),
    ...judged.warnings.map((one) => ({ kind: 'slow_key' as const, ...one })),
    ...(config === undefined
      ? []
      : [
          ...findPublishedBearerKeys(config),
          ...findSubjectless(config),
          ...findUnsentCookies(config)
        ])
  ]
  return { isFlat: false, config, written: tree, problems, warnings }
}

/** The flat form starts with every secret that the original program accepts, and warns; the full form is strict. */
function forbidWeakSecret({ path, message }: Problem): Problem {
  return {
    path,
    message: `${message}; expected a random one, such as openssl rand -hex 32 writes, or listeners on loopback alone`
  }
}

/** Finds service bearers signed with a key of the JWK Set: a service that checks only the signature accepts them as tokens. */
function findPublishedBearerKeys({ keys, routes }: Config): Warning[] {
  const published = keys.filter(
    ({ alg, publish, origin }) =>
      publish && ['private', 'jwks', 'generate'].includes(origin) && !isSymmetric(alg)
  )
  return routes.flatMap((route, index) => {
    const list = 'sources' in route ? 'sources' : 'claims'
    const { [list]: sources, key } = route as RouteSources
    if (!Array.isArray(sources)) return []
    return sources.flatMap(({ bearer, bearerKey = key }: BearerSettings, place): Warning[] => {
      const isPublished = published.some(({ kid }) => bearerKey === undefined || kid === bearerKey)
      if (bearer === undefined || !isPublished) return []
      const path = ['routes', index, list, place, 'bearer']
      return [{ kind: 'published_bearer_key', path, message: OWN_KEY_ADVICE }]
    })
  })
}

const OWN_KEY_ADVICE =
  'the service bearer is signed with a key of the JWK Set, so that services which look at the signature alone take it for a token; better give it a bearerKey of its own, with publish: false'

interface RouteSources {
  readonly sources?: unknown
  readonly claims?: unknown
  readonly key?: string
}

interface BearerSettings {
  readonly bearer?: unknown
  readonly bearerKey?: string
}

function isOnLoopback(config: Config): boolean {
  return [...openListeners(config).values()].every(({ host }) => isLoopback(host))
}

/** Keys are checked by themselves, whatever is wrong elsewhere. Undefined for one that cannot be read. */
function readEachKey(tree: unknown, { shape }: FullSchema): readonly (KeyConfig | undefined)[] {
  const entries = valueAt(tree, ['keys'])
  return Array.isArray(entries)
    ? entries.map((entry) => shape.keys.safeParse([entry]).data?.[0])
    : []
}
