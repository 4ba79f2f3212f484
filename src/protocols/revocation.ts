/** The wire format of revoking (RFC 7009), and beyond it the fields by which subjects and keys are revoked. */
import { type ErrorCode, ServiceError } from '../errors.ts'
import { bodyOf } from '../server/body.ts'
import type { AppContext } from '../server/request-state.ts'
import type { Protocol } from './protocol.ts'

export type RevocationRequest =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'subject'; readonly subject: string; readonly issuer: string | undefined }
  | { readonly kind: 'key'; readonly kid: string }

export interface RevocationProtocol extends Protocol {
  /** @throws ServiceError `invalid_request` for a form that does not say what to revoke, or says it twice */
  readonly readRequest: (context: AppContext) => RevocationRequest
  readonly writeDone: (context: AppContext) => void
}

/** One of them says what is revoked. `iss` goes with `sub`; `token_type_hint` is ignored, since tokens tell by themselves. */
const FIELDS = ['token', 'sub', 'kid'] as const

/** The words of RFC 6749, section 5.2, and RFC 7009, section 2.2.1, for refusals that have one. */
const ERRORS: Partial<Record<ErrorCode, string>> = {
  unauthorized_caller: 'invalid_client',
  unsupported_token_type: 'unsupported_token_type',
  check_unavailable: 'temporarily_unavailable'
}

export const revocationProtocol: RevocationProtocol = {
  methods: ['POST'],
  takesBasic: true,

  readRequest(context) {
    const form = new URLSearchParams(bodyOf(context).toString())
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

  writeDone(context) {
    context.status = 200
    context.set('Cache-Control', 'no-store')
    context.body = ''
    context.remove('Content-Type')
  },

  writeError(context, { code, status, message }) {
    const fallback = status < 500 ? 'invalid_request' : 'server_error'
    context.status = status
    context.set('Cache-Control', 'no-store')
    context.body = { error: ERRORS[code] ?? fallback, error_description: message }
  }
}

function readField(form: URLSearchParams, name: string): string {
  const [value = '', second] = form.getAll(name)
  if (value === '' || second !== undefined) {
    throw invalidRequest(`expected the form field ${name} once, with a value`)
  }
  return value
}

function invalidRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400 })
}
