/** M2: only answers microservices. Users have tokens of the same issuer, which it rejects. */
import Koa from 'koa'
import { createTokenChecker, koaBearer } from 'txtoken/client'

const { ISSUER = 'http://127.0.0.1:8888', PORT = '8892' } = process.env

const checker = createTokenChecker({
  jwksUrl: `${ISSUER}/.well-known/jwks.json`,
  issuer: ISSUER,
  require: { claims: { source: 'microservice' } },
  allowHttp: true, // All of it is on one machine here.
  onFailure: (error) => process.stderr.write(`m2: ${error.message}\n`)
})

const app = new Koa()
app.use(koaBearer(checker))
app.use((context) => {
  context.body = { items: 3, caller: context.state.claims.sub }
})
const server = app.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`m2: listening on ${server.address().port}\n`)
})
