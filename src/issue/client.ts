/** The client of a request, as far as it can be trusted. */
export interface Client {
  /** The address of the connection; undefined where it has none, as over a Unix socket. */
  readonly connection: string | undefined
  /** The client's address: the address of the connection, or of the last hop that is not a trusted proxy. Undefined where no trusted hop knows it. */
  readonly address: string | undefined
  /** The addresses of the client and of the trusted proxies after it, in the form of `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined
}
