/** Errors of JWK Sets of other servers. */

/** One word for each kind of error, for metrics and logs. */
export type JwksFailure =
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'media_type'
  | 'too_large'
  | 'too_many_keys'
  | 'not_a_jwk_set'
  | 'no_key'
  | 'metadata'

/** Why a JWK Set could not be fetched. The message describes the reply, and holds nothing of the set. */
export class JwksError extends Error {
  override readonly name = 'JwksError'
  readonly failure: JwksFailure

  constructor(failure: JwksFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
  }
}
