/** The groups of a document: what routes are for, in the order in which a reader needs them. */
import type { Paths } from './parts.ts'

const TAGS = {
  'Issue tokens':
    'A client logs in, and gets a token with the claims that the login API and other sources return.',
  'Check tokens':
    'A service or a gateway learns whether a token is valid, and which claims it has.',
  'Verify by yourself': 'The published keys, and their location.',
  'End tokens': 'Revokes tokens before they expire, and clears cookies.',
  Operate: 'Health and metrics.'
} as const

export type Tag = keyof typeof TAGS

/** The group of each kind of route, by the setting that holds its path. */
const TAG_OF_VERB: Readonly<Record<string, Tag>> = {
  issue: 'Issue tokens',
  claims: 'Issue tokens',
  check: 'Check tokens',
  keys: 'Verify by yourself',
  revoke: 'End tokens',
  logout: 'End tokens',
  health: 'Operate',
  metrics: 'Operate'
}

/** @throws TypeError for a kind of route without a group: each new one needs a line */
export function tagOfVerb(verb: string): Tag {
  const tag = TAG_OF_VERB[verb]
  if (tag === undefined) throw new TypeError(`no group for routes with the setting ${verb}`)
  return tag
}

/** Puts every operation of the paths into a group. */
export function withTag(paths: Paths, tag: Tag): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [method, { tags: [tag], ...operation }])
      )
    ])
  )
}

/** The groups that have operations, as the document lists them. */
export function describeTags(paths: Paths): { name: string; description: string }[] {
  const used = new Set(
    Object.values(paths).flatMap((item) =>
      Object.values(item).flatMap(({ tags = [] }): readonly string[] => tags)
    )
  )
  return Object.entries(TAGS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }))
}
