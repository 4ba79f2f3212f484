/** A setting that is a URL with variables in it. */

import { reasonAgainst } from '../../../settings/section.ts'
import { httpUrl } from '../../../settings/urls.ts'
import { parseUrlTemplate } from './url-template.ts'

const EXPECTED = 'expected variables to be whole segments of the path or values of the query'

export const urlTemplate = httpUrl.superRefine((text, context) => {
  if (URL.canParse(text) && reasonAgainst(() => parseUrlTemplate(text)) !== undefined) {
    context.addIssue({ code: 'custom', message: EXPECTED })
  }
})
