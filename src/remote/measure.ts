/** Reports to the metrics how calls end. */
import { ServiceError } from '../errors.ts'
import type { CallOutcome } from './outcome.ts'

/**
 * Makes a call that does the same, and reports how each ended and how many seconds it took.
 * @param outcomeOf the outcome of an output; `ok` for each when left out
 */
export function measure<Input, Output>(
  call: (input: Input) => Promise<Output>,
  onOutcome: (outcome: CallOutcome, seconds: number) => void,
  outcomeOf: (output: Output) => CallOutcome = () => 'ok'
): (input: Input) => Promise<Output> {
  return async function measuredCall(input) {
    const startedAt = performance.now()
    const end = (outcome: CallOutcome) => onOutcome(outcome, (performance.now() - startedAt) / 1000)
    try {
      const output = await call(input)
      end(outcomeOf(output))
      return output
    } catch (error) {
      end(error instanceof ServiceError ? error.code : 'internal')
      throw error
    }
  }
}
