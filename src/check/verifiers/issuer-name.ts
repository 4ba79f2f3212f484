/** A setting that is the name of an issuer. */
import * as z from 'zod'

const EXPECTED = 'expected the name of an issuer, such as https://issuer.example.com'

/** Compared letter by letter with the `iss` of tokens (RFC 7519, section 4.1.1): mostly a URL, but any text will do. */
export const issuerName = z
  .string(EXPECTED)
  .min(1, EXPECTED)
  .meta({ title: 'the name of an issuer' })
