/** Takes the place of your login API. It accepts every user who sends a name. */
import { createServer } from 'node:http'

const { PORT = '8889' } = process.env

const server = createServer(async (request, response) => {
  const chunks = await request.toArray()
  const { name } = JSON.parse(Buffer.concat(chunks).toString())
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: 1, name }))
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`login-api: listening on ${server.address().port}\n`)
})
