/** Header fields that no setting may give to an answer. */

/** They are set by the service, by Node.js or by what is between them and the client: what they say must be true (RFC 9110, sections 6.4 and 7.6.1). */
export const OWN_HEADER_FIELDS: ReadonlySet<string> = new Set([
  'allow',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'location',
  'proxy-authenticate',
  'proxy-connection',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'www-authenticate',
  'x-content-type-options',
  'x-request-id'
])
