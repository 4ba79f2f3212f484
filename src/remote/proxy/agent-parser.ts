/** Makes node:http read the replies that `../reply-parser.ts` makes undici read. */
// What node:http has no option for: `insecureHTTPParser` would also accept lines that end with LF alone. Another version may have other insides:
// `test/remote/endpoint.test.ts` fails then, and calls go on with a stricter parser.
import type { Agent, ClientRequest } from 'node:http'

/** The used part of the parser, which each request has once it has a connection. */
interface Parser {
  readonly constructor: Readonly<Record<string, unknown>>
  initialize(type: unknown, resource: object, maxHeaderSize: number, flags: number): void
}

/** For the same replies as the flags of undici's parser. */
const LENIENT = [
  'kLenientHeaders',
  'kLenientChunkedLength',
  'kLenientSpacesAfterChunkSize',
  'kLenientKeepAlive'
]

/** The parts that `node:http` has beyond its types. */
type OpenRequest = ClientRequest & { readonly parser?: Parser; readonly maxHeaderSize?: number }
type OpenAgent = Agent & { addRequest(request: OpenRequest, ...options: unknown[]): void }

/** Makes the connections of an agent accept such replies. */
export function readLenientReplies<Given extends Agent>(given: Given): Given {
  const agent = given as unknown as OpenAgent
  const addRequest = agent.addRequest
  agent.addRequest = function (request, ...options) {
    request.once('socket', () => makeLenient(request))
    return addRequest.call(this, request, ...options)
  }
  return given
}

/** Begins again with the new parser, which has read nothing yet: node:http chooses between all flags and none. */
function makeLenient({ parser, maxHeaderSize = 0 }: OpenRequest): void {
  if (parser === undefined) return
  const { constructor: known } = parser
  const flags = LENIENT.map((name) => known[name])
  if (!flags.every((flag) => typeof flag === 'number')) return
  const all = flags.reduce((sum, flag) => sum | flag, 0)
  parser.initialize(known.RESPONSE, { type: 'HTTPINCOMINGMESSAGE' }, maxHeaderSize, all)
}
