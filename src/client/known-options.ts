/** Options by their names: one that is misspelt would leave something unchecked, and nobody would see it. */

/**
 * Makes sure that all options are known. Types say so too, but not every service has them.
 * @param place what the message begins with
 * @throws TypeError that names the one that is not, and those that are
 */
export function assertKnownOptions<Options extends object>(
  place: string,
  options: Options,
  known: Readonly<Record<keyof Options, true>>
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  throw new TypeError(
    `${place}: unknown option ${unknown}, expected ${Object.keys(known).join(', ')}`
  )
}
