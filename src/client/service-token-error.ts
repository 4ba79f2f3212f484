/** Why a service has no token of its own. */

/** The message holds no address, no API key and nothing of a reply. */
export class ServiceTokenError extends Error {
  override readonly name = 'ServiceTokenError'
  /** The HTTP status of the issuer's answer, where it was another than 200. */
  readonly status: number | undefined

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}
