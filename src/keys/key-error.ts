/** Key material that is not fit for use. */

/** Says why, without any part of the material. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}
