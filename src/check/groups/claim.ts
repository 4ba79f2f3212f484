/** The claim that the groups of a checked token are under. */
import { readObject, writeObject } from '../../json/json-object.ts'
import { toJsonText } from '../../json/json-text.ts'
import type { CheckedToken } from '../check.ts'

const CLAIM = 'groups'

/** Puts groups among the claims, in the place of any that the token has brought along itself. */
export function withGroups(checked: CheckedToken, groups: readonly string[]): CheckedToken {
  const members = readObject(checked.claimsText)
  return {
    token: checked.token,
    claims: { ...checked.claims, [CLAIM]: groups },
    claimsText: writeObject(new Map([...members, [CLAIM, toJsonText(groups)]]))
  }
}
