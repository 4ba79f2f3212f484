/** A login API to try the service out: two users, and an error for all others. */
import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import Koa, { type Context } from 'koa'
import bodyParser from 'koa-bodyparser'
import { BEARER_MARK } from '../service-bearer-mark.ts'

export interface DemoLoginApiOptions {
  /** The secret that the service bearer is signed with (HS256). */
  readonly secret: string
}

/** The path that it answers on. */
const DEMO_PATH = '/login'

export const DEMO_USERS = [
  {
    email: 'ada@example.com',
    password: '12345',
    profile: { id: 1, name: 'Ada', roles: ['admin', 'user'] }
  },
  {
    email: 'grace@example.com',
    password: '67890',
    profile: { id: 2, name: 'Grace', roles: ['user'] }
  }
] as const

/** A careful login API: it answers only the service, and checks users by their passwords. */
export function createDemoLoginApi({ secret }: DemoLoginApiOptions): Koa {
  const key = createSecretKey(secret, 'utf8')

  function isFromService(context: Context): boolean {
    try {
      const claims = jwt.verify(context.get('Authorization').replace(/^Bearer /, ''), key, {
        algorithms: ['HS256']
      })
      // Issued tokens are signed with the same secret; only the mark distinguishes a service bearer from them.
      return typeof claims === 'object' && claims[BEARER_MARK.claim] === BEARER_MARK.value
    } catch {
      return false
    }
  }

  const app = new Koa()
  app.use(bodyParser({ enableTypes: ['json'] }))
  app.use(function login(context) {
    if (context.path !== DEMO_PATH || context.method !== 'POST') {
      context.status = 404
      context.body = { error: `expected POST ${DEMO_PATH}` }
    } else if (!isFromService(context)) {
      process.stderr.write(
        'demo login API: rejected a call without a service bearer that is signed with its ENC_KEY\n'
      )
      context.status = 403
      context.body = { error: 'only the service may ask' }
    } else {
      const { email, password } = context.request.body as { email?: unknown; password?: unknown }
      const user = DEMO_USERS.find((one) => one.email === email && one.password === password)
      context.status = user === undefined ? 401 : 200
      context.body =
        user === undefined ? { error: 'wrong email or password' } : { email, ...user.profile }
    }
  })
  return app
}
