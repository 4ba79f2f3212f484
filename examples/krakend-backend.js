/** A login API for examples/krakend.yml: it returns the claims of tokens to be signed, and serves the key that signs them. */
import { createServer } from 'node:http'

const MINUTE = 60
const DAY = 86_400

/** Anyone can read this secret. Use it only to try the example out. */
const keys = [
  {
    kty: 'oct',
    kid: 'sim2',
    alg: 'HS256',
    use: 'sig',
    k: Buffer.from('demo-only-0123456789abcdef0123456789abcdef').toString('base64url')
  }
]

function issueTokens() {
  const now = Math.floor(Date.now() / 1000)
  const identity = {
    aud: 'http://api.example.com',
    iss: 'https://krakend.io',
    sub: '1234567890qwertyuio'
  }
  return {
    access_token: {
      ...identity,
      jti: 'mnb23vcsrt756yuiomnbvcx98ertyuiop',
      roles: ['role_a', 'role_b'],
      exp: now + 15 * MINUTE
    },
    refresh_token: {
      ...identity,
      jti: 'mnb23vcsrt756yuiomn12876bvcx98ertyuiop',
      exp: now + 30 * DAY
    },
    exp: now + 15 * MINUTE
  }
}

function login(body) {
  try {
    const { user, pass } = JSON.parse(body)
    return user === 'john' && pass === 'doe'
  } catch {
    return false
  }
}

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const answer = (status, value) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
  }
  switch (`${request.method} ${request.url}`) {
    case 'GET /jwk/symmetric.json':
      return answer(200, { keys })
    case 'POST /token-issuer':
      return login(Buffer.concat(chunks))
        ? answer(200, issueTokens())
        : answer(401, { error: 'wrong user or password' })
    default:
      return answer(404, { error: 'expected POST /token-issuer or GET /jwk/symmetric.json' })
  }
})

server.listen(Number(process.env.BACKEND_PORT ?? 8081), '127.0.0.1', () => {
  process.stdout.write(`backend on http://127.0.0.1:${server.address().port}\n`)
})
