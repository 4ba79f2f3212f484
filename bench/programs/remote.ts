/** The remote of the bench: answers each POST with the same reply. */
import { remoteReply } from './remote-reply.ts'
import { answerJson, serve } from './serve.ts'

serve((request, response) => {
  if (request.method !== 'POST') return answerJson(response, 404, '{"message":"Not found."}')
  request.resume()
  request.on('end', () => answerJson(response, 200, remoteReply))
})
