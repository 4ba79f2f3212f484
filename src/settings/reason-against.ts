/** Lets those who use a setting say whether they can. */

/** What a TypeError says that the use of a setting throws; undefined where it throws none. */
export function reasonAgainst(use: () => unknown): string | undefined {
  try {
    use()
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}
