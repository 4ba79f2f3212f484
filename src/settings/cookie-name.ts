/** A setting that is the name of a cookie. */
import * as z from 'zod'

const EXPECTED = "expected the name of a cookie: letters, digits and !#$%&'*+-.^_`|~ only"

/** A token (RFC 6265, section 4.1.1; RFC 9110, section 5.6.2). */
export const cookieName = z.string(EXPECTED).regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, EXPECTED)
