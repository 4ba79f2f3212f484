/** How long something lives that tests use: as long as one test, or as long as all tests of a file. */

/** What {@link ExecutionContext.teardown} of a test is, too. */
export interface Lifetime {
  /** Registers what is to be done at the end. The last one is done first. */
  readonly teardown: (end: () => unknown) => void
}

/** A lifetime that ends when it is told so, by `test.after.always` for instance. */
export function createLifetime(): Lifetime & { readonly end: () => Promise<void> } {
  const endings: (() => unknown)[] = []
  return {
    teardown: (end) => void endings.unshift(end),
    async end() {
      for (const end of endings) await end()
    }
  }
}
