/** The lifetime of a resource of tests: one test, or all tests of a file. */

/** What {@link ExecutionContext.teardown} of a test is, too. */
export interface Lifetime {
  /** Registers a function to be called at the end. The last one is called first. */
  readonly teardown: (end: () => unknown) => void
}

/** A lifetime that is ended explicitly, for instance by `test.after.always`. */
export function createLifetime(): Lifetime & { readonly end: () => Promise<void> } {
  const endings: (() => unknown)[] = []
  return {
    teardown: (end) => void endings.unshift(end),
    async end() {
      for (const end of endings) await end()
    }
  }
}
