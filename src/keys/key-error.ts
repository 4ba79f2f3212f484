/** Key material that cannot be used. */

/** The message gives the reason, without any part of the material. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}
