/** A `keys` route of the configuration: single public keys by kid, as Themis publishes them. */
import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import type { KeyStore, PublishedKey } from '../keys/key-store.ts'
import type { AppMiddleware, RequestState } from '../server/request-state.ts'
import { createApiKeyGuard } from './api-keys.ts'

const PEM = 'application/x-pem-file'
const JSON_TYPE = 'application/json'

export interface KeysRoute {
  readonly path: string
  /** The keys of those who may ask; everybody may where there are none. */
  readonly apiKeys?: readonly string[] | undefined
}

/** Adds `{path}/{kid}` with content negotiation, and `key.pem`, `key.json` and `jwk.json` below it. */
export function addKeysRoute(
  router: Router<RequestState>,
  { path, apiKeys }: KeysRoute,
  keyStore: KeyStore
): void {
  const guards = apiKeys === undefined ? [] : [createApiKeyGuard(apiKeys)]
  const route = `${path === '/' ? '' : path}/:kid`

  function answerWith(write: (context: RouterContext<RequestState>, key: PublishedKey) => void) {
    return function publishKey(context: RouterContext<RequestState>): void {
      const kid = context.params.kid ?? ''
      const key = keyStore.published().get(kid)
      if (key !== undefined) write(context, key)
      else writeUnknown(context, kid)
    }
  }

  const nameRoute: AppMiddleware = (context, next) => {
    context.state.route = path
    return next()
  }
  for (const [below, write] of [
    ['', writeNegotiated],
    ['/key.pem', writePem],
    ['/key.json', writeJwk],
    ['/jwk.json', writeJwk]
  ] as const) {
    router.get(route + below, nameRoute, ...guards, answerWith(write))
  }
}

function writeNegotiated(context: RouterContext<RequestState>, key: PublishedKey): void {
  context.vary('Accept')
  if (context.accepts(PEM, JSON_TYPE) === JSON_TYPE) writeJwk(context, key)
  else writePem(context, key)
}

function writePem(context: RouterContext<RequestState>, { pem }: PublishedKey): void {
  context.set('Content-Type', PEM)
  context.body = pem
}

function writeJwk(context: RouterContext<RequestState>, { jwk }: PublishedKey): void {
  context.set('Content-Type', JSON_TYPE)
  context.body = JSON.stringify(jwk)
}

/** A symmetric key is as unknown here as one that never was. */
function writeUnknown(context: RouterContext<RequestState>, kid: string): void {
  context.status = 404
  context.set({ 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
  context.body = `No key exists with kid ${kid}`
}
