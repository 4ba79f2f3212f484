/**
 * The remote of the bench: answers each POST with the same reply. The query may request a larger one (`bytes`) and
 * a later one (`delay`, in milliseconds).
 */
import { createRemoteReply } from './remote-reply.ts'
import { answerJson, serve } from './serve.ts'

interface Behaviour {
  readonly reply: string
  readonly delayMs: number
}

const behaviours = new Map<string, Behaviour>()

serve((request, response) => {
  if (request.method !== 'POST') return answerJson(response, 404, '{"message":"Not found."}')
  const { reply, delayMs } = findBehaviour(request.url ?? '')
  const answer = () => answerJson(response, 200, reply)
  request.resume()
  request.on('end', () => (delayMs === 0 ? answer() : setTimeout(answer, delayMs)))
})

function findBehaviour(url: string): Behaviour {
  const known = behaviours.get(url)
  if (known !== undefined) return known
  const { searchParams } = new URL(url, 'http://127.0.0.1')
  const added = {
    reply: createRemoteReply(Number(searchParams.get('bytes') ?? 0)),
    delayMs: Number(searchParams.get('delay') ?? 0)
  }
  behaviours.set(url, added)
  return added
}
