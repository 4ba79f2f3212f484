/** The wire format of revocation (RFC 7009), and additional fields by which subjects and keys are revoked. */
import { type Answer, type Exchange, emptyAnswer, NO_STORE } from '../exchange.ts'
import { readForm } from '../form.ts'
import { invalidRequest } from '../json-body.ts'
import { oauthErrorAnswer, oauthWord } from '../oauth-error.ts'
import type { WireFormat } from '../route.ts'

export type RevocationRequest =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'subject'; readonly subject: string; readonly issuer: string | undefined }
  | { readonly kind: 'key'; readonly kid: string }

export interface RevocationFormat extends WireFormat {
  /** @throws ServiceError `invalid_request` for a form that does not name what to revoke, or names it twice */
  readonly read: (exchange: Exchange) => RevocationRequest
  readonly answer: Answer
}

/** Exactly one of them names what is revoked. `iss` requires `sub`; `token_type_hint` is ignored, since tokens show their type themselves. */
const FIELDS = ['token', 'sub', 'kid'] as const

export const revocationFormat: RevocationFormat = {
  methods: ['POST'],
  takesBasic: true,
  takesClientSecret: true,

  read({ body }) {
    const form = readForm(body)
    const given = FIELDS.filter((name) => form.has(name))
    const [field] = given
    if (field === undefined || given.length > 1) {
      throw invalidRequest(`expected one of the form fields ${FIELDS.join(', ')}`)
    }
    const value = readField(form, field)
    if (field === 'token') return { kind: 'token', token: value }
    if (field === 'kid') return { kind: 'key', kid: value }
    const issuer = form.has('iss') ? readField(form, 'iss') : undefined
    return { kind: 'subject', subject: value, issuer }
  },

  answer: emptyAnswer(200, NO_STORE),

  refuse: (error) => oauthErrorAnswer(oauthWord(error, error.status), error)
}

function readField(form: URLSearchParams, name: string): string {
  const [value = '', second] = form.getAll(name)
  if (value === '' || second !== undefined) {
    throw invalidRequest(`expected the form field ${name} once, with a value`)
  }
  return value
}
