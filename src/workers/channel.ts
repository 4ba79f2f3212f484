/** Calls between the primary and a worker, over the messages that Node.js passes between processes. */

/** The functions of one side, over values that JSON can hold. */
export type Calls<Names> = { readonly [Name in keyof Names]: (input: never) => unknown }

/** The functions that answer calls. */
export type Handlers<Incoming extends Calls<Incoming>> = {
  readonly [Name in keyof Incoming]: (
    input: Parameters<Incoming[Name]>[0]
  ) => Promise<ReturnType<Incoming[Name]>> | ReturnType<Incoming[Name]>
}

/** The transport of messages. */
export interface MessagePort {
  readonly send: (message: object) => void
  readonly onMessage: (listener: (message: unknown) => void) => void
}

export interface Channel<Outgoing extends Calls<Outgoing>> {
  /**
   * Calls the other side. Rejects with the error of the other side, by its name and message, or when the channel closes.
   * @param withinMs how long to wait for the answer. Default: for as long as the channel is open
   */
  readonly call: <Name extends keyof Outgoing & string>(
    name: Name,
    input: Parameters<Outgoing[Name]>[0],
    withinMs?: number
  ) => Promise<ReturnType<Outgoing[Name]>>
  /** Rejects pending calls: the other process has ended. */
  readonly close: (reason: Error) => void
}

/** The two kinds of messages. Messages of one channel arrive in the order in which they were sent. */
type Message =
  | { readonly call: string; readonly id: number; readonly input: unknown }
  | { readonly reply: number; readonly output?: unknown; readonly error?: PlainError }

interface PlainError {
  readonly name: string
  readonly message: string
}

interface Waiting {
  readonly resolve: (output: never) => void
  readonly reject: (error: Error) => void
}

/** Opens a channel, which answers calls of the other side by these handlers. */
export function createChannel<Outgoing extends Calls<Outgoing>, Incoming extends Calls<Incoming>>(
  port: MessagePort,
  handlers: Handlers<Incoming>
): Channel<Outgoing> {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let closedBy: Error | undefined

  async function answer(name: string, id: number, input: unknown): Promise<void> {
    try {
      const handler = handlers[name as keyof Incoming] as (input: unknown) => unknown
      const output = await handler(input)
      port.send({ reply: id, output } satisfies Message)
    } catch (error) {
      const { name: errorName, message } = error as Error
      port.send({ reply: id, error: { name: errorName, message } } satisfies Message)
    }
  }

  port.onMessage((received) => {
    const message = received as Message
    if ('call' in message) {
      void answer(message.call, message.id, message.input)
      return
    }
    const { reply, output, error } = message
    const waiter = waiting.get(reply)
    waiting.delete(reply)
    if (error === undefined) waiter?.resolve(output as never)
    else waiter?.reject(Object.assign(new Error(error.message), { name: error.name }))
  })

  return {
    async call(name, input, withinMs) {
      if (closedBy !== undefined) throw closedBy
      const id = ++lastId
      const answered = new Promise<never>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
      })
      const timer = withinMs === undefined ? undefined : setTimeout(giveUp, withinMs)
      function giveUp(): void {
        waiting.get(id)?.reject(new Error(`no answer to ${name} within ${withinMs} ms`))
        waiting.delete(id)
      }
      try {
        port.send({ call: name, id, input } satisfies Message)
        return await answered
      } finally {
        clearTimeout(timer)
      }
    },
    close(reason) {
      closedBy = reason
      for (const { reject } of waiting.values()) reject(reason)
      waiting.clear()
    }
  }
}
