/** A setting that is a URL with variables in it. */
import { parseUrlTemplate } from '../../../issue/sources/remote/url-template.ts'
import { httpUrl } from '../fields.ts'

const EXPECTED = 'expected variables to be whole segments of the path or values of the query'

export const urlTemplate = httpUrl.superRefine((text, context) => {
  if (URL.canParse(text) && !isTemplate(text)) {
    context.addIssue({ code: 'custom', message: EXPECTED })
  }
})

function isTemplate(text: string): boolean {
  try {
    parseUrlTemplate(text)
    return true
  } catch {
    return false
  }
}
