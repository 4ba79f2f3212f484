/** Routes that exchange refresh tokens: they answer as the issue route does that they belong to. */
import { fields, form, json, type Operation } from './openapi.ts'

const TOKEN = fields({ refresh_token: 'The refresh token.' }, ['refresh_token'])
const GRANT = fields({ grant_type: '`refresh_token`.', refresh_token: 'The refresh token.' }, [
  'refresh_token'
])

/** @param issuing the operation of the issue route */
export function describeRefresh(issuing: Operation): Operation {
  return {
    ...issuing,
    summary: 'Exchanges a refresh token for new tokens. It can be used once.',
    description: 'The content tells whether it is a form or JSON.',
    requestBody: { required: true, content: { ...form(GRANT), ...json(TOKEN) } }
  }
}
