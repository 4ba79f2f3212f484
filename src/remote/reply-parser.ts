/** Replies that most HTTP clients read, and the parser of undici rejects: they are read here too. */
// What undici has no option for. Another version may have other insides: `test/remote/call.test.ts` fails then, and calls go on with a stricter parser.
import type { Dispatcher } from 'undici'
import symbols from 'undici/lib/core/symbols.js'

/** The used part of undici's parser, which each connection has. */
interface Parser {
  readonly ptr: number
  readonly llhttp: Readonly<Record<string, ((parser: number, isOn: 1) => void) | undefined>>
  onHeadersComplete: (status: number, isUpgrade: boolean, isKeptAlive: boolean) => number
}

const LENIENT = [
  // A field value on several lines, which a client has to take (RFC 9112, section 5.2). Its lines still end with CR and LF.
  'llhttp_set_lenient_headers',
  // `Content-Length` beside chunks: the chunks count (RFC 9112, section 6.3), and undici compares the length.
  'llhttp_set_lenient_chunked_length',
  // Sizes of chunks that are filled up with spaces.
  'llhttp_set_lenient_spaces_after_chunk_size',
  // More after an informational reply with `Connection: close`, or of HTTP/1.0.
  'llhttp_set_lenient_keep_alive'
]

const CONTINUE = 100
/** Another informational status, which undici skips. */
const PROCESSING = 102

/**
 * Makes the connections of a pool accept such replies. A client has to accept any number of informational ones, expected or not (RFC 9110, section 15.2);
 * undici treats a `100 Continue` as a failure, since it requests none.
 */
export function readLenientReplies(pool: Dispatcher): void {
  pool.on('connect', (_origin, targets) => {
    const parser = parserOf(targets.at(-1))
    if (parser === undefined) return
    for (const name of LENIENT) parser.llhttp[name]?.(parser.ptr, 1)
    const onHeadersComplete = parser.onHeadersComplete
    parser.onHeadersComplete = function (status, isUpgrade, isKeptAlive) {
      const known = status === CONTINUE ? PROCESSING : status
      return onHeadersComplete.call(this, known, isUpgrade, isKeptAlive)
    }
  })
}

function parserOf(client: unknown): Parser | undefined {
  const { [symbols.kSocket]: socket } = client as { [symbols.kSocket]?: object }
  return (socket as { [symbols.kParser]?: Parser } | undefined)?.[symbols.kParser]
}
