/** Explains why a token is accepted or rejected: runs the check of a route, and reports the result of each step. */
import { ServiceError } from '../errors.ts'
import type { JsonText } from '../json/json-text.ts'
import type { VerifiedClaims } from '../keys/token.ts'
import { describeConnectionError } from '../remote/remote-errors.ts'
import { dateOf, describeDistance } from '../settings/dates.ts'
import { type CheckOptions, createCheck, type Requirement, type Verifier } from './check.ts'
import type { GroupResolver, ResolveGroups } from './groups/group-resolver.ts'

/** The result of a step: it passed or rejected the token, left it to the next step, was unavailable, or was not reached. */
type StepResult = 'passed' | 'rejected' | 'not its own' | 'unavailable' | 'not reached'

export interface CheckStep {
  /** What the step is about: `form`, `verify[0] keys`, `times`, `groups[0] ldap`. */
  readonly step: string
  readonly result: StepResult
  /** The result in words. Left out where the result alone is enough. */
  readonly found?: string | undefined
  /** The reason code of a rejection, as the log and the metrics have it. */
  readonly reason?: string | undefined
}

export interface CheckReport {
  /**
   * The decision of the route: good, rejected, or unknown because a service that has to be asked does not answer. `undecided`: the caller
   * cannot see what one step needs, and all others passed.
   */
  readonly outcome: 'accepted' | 'rejected' | 'unavailable' | 'undecided'
  /** The status and the error of the answer. Left out for a good token, and for an undecided one. */
  readonly error?: Pick<ServiceError, 'code' | 'status' | 'reason' | 'message'>
  readonly steps: readonly CheckStep[]
  /** Undefined where the token cannot be read, and for an opaque one. */
  readonly token?: ReadToken | undefined
}

interface ReadToken {
  /** Whether a verifier has accepted it. Otherwise anyone could have written what follows. */
  readonly verified: boolean
  readonly header: JsonText
  readonly claims: JsonText
}

/** A step, and its name in the report. */
export interface Named<Step> {
  readonly name: string
  readonly step: Step
}

export interface ExplainOptions
  extends Pick<CheckOptions, 'maxDepth' | 'maxTokenLength' | 'takesOpaque'> {
  readonly verifiers: readonly Named<Verifier>[]
  /** Combines the verifiers as the route does. */
  readonly arrangeVerifiers: (verifiers: readonly Verifier[]) => readonly Verifier[]
  readonly requirements: readonly Named<Requirement>[]
  readonly groups: readonly Named<GroupResolver>[]
  /** Combines the places of groups as the route does. */
  readonly arrangeGroups: (places: readonly GroupResolver[]) => ResolveGroups | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Runs the check with a token. It keeps nothing of it, and never rejects because of the token.
 * @param unseen a requirement for which this caller lacks what the route has: without a result, it does not end the check
 */
export type Explain = (raw: string, unseen?: string) => Promise<CheckReport>

const FORM = 'form'
const GROUPS = 'require.groups'

/**
 * Makes the function. It runs the pipeline with the steps of the route, each of which reports what it does, and without a cache.
 * An unmet requirement does not hide the next ones: all of them are checked, and the first decides.
 */
export function createExplain(options: ExplainOptions): Explain {
  const { verifiers, arrangeVerifiers, requirements, groups, arrangeGroups, now } = options

  return async function explain(raw, unseen) {
    const found = new Map<string, CheckStep>()
    let rejection: { readonly error: unknown } | undefined
    const report = (step: string, result: StepResult, more: Partial<CheckStep> = {}) =>
      void found.set(step, { step, result, ...more })

    function reportError(step: string, error: unknown): void {
      if (!(error instanceof ServiceError)) throw error
      const { message, reason, status, cause } = error
      const because = cause instanceof Error ? `: ${describeConnectionError(cause)}` : ''
      const result = status >= 500 ? 'unavailable' : 'rejected'
      report(step, result, { found: message + because, reason })
    }

    const noteForm: Verifier = () => void report(FORM, 'passed')

    function reportVerifier({ name, step: verify }: Named<Verifier>): Verifier {
      return async function verifyReported(token, trace) {
        try {
          const verified = await verify(token, trace)
          const kid =
            verified?.kid === undefined ? undefined : `verified with the key ${verified.kid}`
          report(name, verified === undefined ? 'not its own' : 'passed', { found: kid })
          return verified
        } catch (error) {
          reportError(name, error)
          throw error
        }
      }
    }

    function reportRequirement({ name, step: require }: Named<Requirement>): Requirement {
      return function requireReported(verified) {
        const times = name === 'times' ? describeTimes(verified.claims, now()) : undefined
        try {
          require(verified)
          report(name, 'passed', { found: times })
        } catch (error) {
          reportError(name, error)
          const { found: message, ...step } = found.get(name) ?? { result: 'rejected' }
          if (times !== undefined)
            report(name, step.result, { ...step, found: `${message}: ${times}` })
          if (name === unseen && step.result === 'unavailable') return
          rejection ??= { error }
        }
      }
    }

    function rejectFirst(): void {
      if (rejection !== undefined) throw rejection.error
    }

    function reportPlace({ name, step: resolve }: Named<GroupResolver>): GroupResolver {
      return async function resolveReported(claims, trace) {
        try {
          const names = await resolve(claims, trace)
          const result = names === undefined ? 'not its own' : 'passed'
          report(name, result, { found: names && `${names.length} groups: ${names.join(', ')}` })
          return names
        } catch (error) {
          reportError(name, error)
          throw error
        }
      }
    }

    const check = createCheck({
      ...options,
      verifiers: [noteForm, ...arrangeVerifiers(verifiers.map(reportVerifier))],
      requirements: [...requirements.map(reportRequirement), rejectFirst],
      resolveGroups: arrangeGroups(groups.map(reportPlace))
    })
    const expected = [FORM, ...[...verifiers, ...requirements, ...groups].map(({ name }) => name)]
    const steps = () =>
      [...expected, GROUPS].flatMap((step): CheckStep[] =>
        found.has(step)
          ? [found.get(step) as CheckStep]
          : step === GROUPS
            ? []
            : [{ step, result: 'not reached' }]
      )
    const note: Parameters<typeof check>[2] = {}
    try {
      const { token, claimsText } = await check(raw, undefined, note)
      const { headerText } = token as { headerText?: JsonText }
      const read = headerText && { verified: true, header: headerText, claims: claimsText }
      const isDecided = unseen === undefined || found.get(unseen)?.result !== 'unavailable'
      return { outcome: isDecided ? 'accepted' : 'undecided', steps: steps(), token: read }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (!found.has(FORM)) reportError(FORM, error)
      else if (error.reason === 'group') reportError(GROUPS, error)
      const { code, status, reason, message } = error
      const rejected = note.rejected
      const token = rejected?.token
      return {
        outcome: status >= 500 ? 'unavailable' : 'rejected',
        error: { code, status, reason, message },
        steps: steps(),
        token:
          token?.header === undefined
            ? undefined
            : {
                verified: rejected?.verified !== undefined,
                header: token.headerText,
                claims: rejected?.verified?.claimsText ?? token.payloadText
              }
      }
    }
  }
}

/** The times of a token in words: `exp 2026-01-31T12:00:00.000Z, 3 minutes ago`. */
function describeTimes(claims: VerifiedClaims, nowMs: number): string | undefined {
  const times = ['iat', 'nbf', 'exp'].flatMap((name) => {
    const date = dateOf(claims[name])
    if (date === undefined) return []
    return `${name} ${date.toISOString()}, ${describeDistance(date.getTime() - nowMs)}`
  })
  return times.length === 0 ? undefined : times.join('; ')
}
