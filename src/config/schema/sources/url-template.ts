/** A setting that is a URL with variables in it. */
import { parseUrlTemplate } from '../../../issue/sources/remote/url-template.ts'
import { httpUrl } from '../fields.ts'
import { reasonAgainst } from '../reason-against.ts'

const EXPECTED = 'expected variables to be whole segments of the path or values of the query'

export const urlTemplate = httpUrl.superRefine((text, context) => {
  if (URL.canParse(text) && reasonAgainst(() => parseUrlTemplate(text)) !== undefined) {
    context.addIssue({ code: 'custom', message: EXPECTED })
  }
})
