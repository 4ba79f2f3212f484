/** How a form is told: by its Content-Type. */

/** Parameters may follow the type (RFC 9110, section 8.3.1). */
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** @param contentType as the client gave it */
export function isForm(contentType: string | undefined): boolean {
  return FORM.test(contentType ?? '')
}
