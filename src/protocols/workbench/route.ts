/** The workbench: a page that shows why a token passes or not, by the checks of the running configuration. */
import { ServiceError } from '../../errors.ts'
import { readPackagedFile } from '../../packaged-file.ts'
import { type Answer, type Exchange, jsonAnswer, NO_STORE } from '../exchange.ts'
import { invalidRequest } from '../json-body.ts'
import { plainFormat } from '../operations/route.ts'
import { WORKBENCH_PATH } from '../own-paths.ts'
import { createFileRoute } from '../page-file.ts'
import { createRoute, type Route } from '../route.ts'
import { assertSameOrigin } from '../same-site.ts'
import type { SharedServices } from '../services.ts'
import { tokenBodyBytes } from '../token-limits.ts'
import { createExplainToken, type WorkbenchCheck } from './explain-token.ts'
import { describeState, type ServiceState } from './status.ts'

export interface WorkbenchOptions {
  readonly checks: readonly WorkbenchCheck[]
  /** The revoke routes. Each has its own rules for who may revoke. */
  readonly revokes: readonly Route[]
  readonly readState: () => ServiceState
  /** Draws the configuration, with its secrets masked. Called once, on the first view. */
  readonly drawConfig: () => Promise<string>
  readonly services: Pick<SharedServices, 'limits' | 'now'>
}

/** A token that is too long for the routes is still explained. */
const LEAST_BODY_BYTES = 64 * 1024
/** A check may call other services, and nothing is cached: a few at once are enough for people. */
const MOST_AT_ONCE = 8

const SCRIPT = 'workbench.js'
const STYLE = 'workbench.css'

/** Makes the page, its files, and the route that the page sends tokens to. */
export function createWorkbenchRoutes({
  checks,
  revokes,
  readState,
  drawConfig,
  services
}: WorkbenchOptions): Route[] {
  const { limits, now } = services
  let drawing: Promise<string> | undefined
  const explainToken = createExplainToken({ checks, maxDepth: limits.depth, now })
  return [
    createFileRoute(WORKBENCH_PATH, WORKBENCH_PATH, 'text/html', readPage('workbench.html')),
    ...[[SCRIPT, 'text/javascript'] as const, [STYLE, 'text/css'] as const].map(([name, type]) =>
      createFileRoute(WORKBENCH_PATH, `${WORKBENCH_PATH}/${name}`, type, readPage(name))
    ),
    createRoute({
      path: `${WORKBENCH_PATH}/explain`,
      format: { ...plainFormat, methods: ['POST'] },
      assertSite: assertOwnJson,
      maxRequests: MOST_AT_ONCE,
      maxBodyBytes: Math.max(LEAST_BODY_BYTES, tokenBodyBytes(limits)),
      respond: async ({ body }) =>
        jsonAnswer(200, await explainToken(readField(body, 'token')), NO_STORE)
    }),
    createRoute({
      path: `${WORKBENCH_PATH}/revoke`,
      format: { ...plainFormat, methods: ['POST'] },
      assertSite: assertOwnJson,
      maxBodyBytes: tokenBodyBytes(limits),
      respond: (exchange) => revokeBy(revokes, exchange)
    }),
    createRoute({
      path: `${WORKBENCH_PATH}/status`,
      format: plainFormat,
      assertSite: assertSameOrigin,
      async respond() {
        drawing ??= drawConfig()
        return jsonAnswer(
          200,
          {
            tables: describeState(readState(), now()),
            configuration: await drawing,
            revokes: revokes.map(({ path }) => path)
          },
          NO_STORE
        )
      }
    })
  ]
}

function readPage(name: string): string {
  return readPackagedFile(`dist/workbench/${name}`)
}

const JSON_LABEL = /^application\/json[ \t]*(?:;|$)/i

/** No page of another site can send JSON by its name without CORS, so only our own page can make a browser send a token. */
function assertOwnJson(exchange: Exchange): void {
  assertSameOrigin(exchange)
  if (JSON_LABEL.test(exchange.headers['content-type'] ?? '')) return
  throw new ServiceError('unsupported_body', 'Expected a body with the type application/json.', {
    status: 415
  })
}

/** Lets a revoke route answer, which requires the API key of the caller as always. */
async function revokeBy(revokes: readonly Route[], exchange: Exchange): Promise<Answer> {
  const path = readField(exchange.body, 'route')
  const route = revokes.find((one) => one.path === path)
  if (route === undefined) throw invalidRequest('expected the route to be one that revokes')
  const token = readField(exchange.body, 'token')
  const body = Buffer.from(new URLSearchParams({ token }).toString())
  const headers = { ...exchange.headers, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await route.handle({ ...exchange, headers, body, readBody: () => body })
  // With the challenge, the browser itself would ask for a password.
  const { 'WWW-Authenticate': _, ...others } = answer.headers
  return { ...answer, headers: others }
}

/** @throws ServiceError `invalid_request` for a body that is not a JSON object with such a text */
function readField(body: Buffer, name: 'token' | 'route'): string {
  let fields: Readonly<Record<string, unknown>> | null = null
  try {
    fields = JSON.parse(body.toString())
  } catch {
    // It is no object with a token, as other JSON would not be.
  }
  const value = fields?.[name]
  if (typeof value === 'string' && value !== '') return value
  throw invalidRequest('expected a JSON object with a token and, to revoke it, a route')
}
