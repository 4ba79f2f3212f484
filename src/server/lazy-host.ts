/** A host that is loaded when it is needed. */
import type { RequestListener } from 'node:http'
import type { HostParts } from './answer.ts'

interface LazyHostOptions extends Pick<HostParts, 'onError'> {
  /** Whether it is needed from the start. */
  readonly isNeeded: boolean
}

/** Makes a host that is loaded at once if it is needed, or else by the first request. Requests wait until it is loaded. */
export function createLazyHost(
  load: () => Promise<RequestListener>,
  { isNeeded, onError }: LazyHostOptions
): RequestListener {
  let host: RequestListener | undefined
  let loading: Promise<void> | undefined

  function start(): Promise<void> {
    loading ??= load().then((loaded) => {
      host = loaded
    })
    return loading
  }

  // The waiting requests report the errors.
  if (isNeeded) start().catch(() => undefined)

  return function answerWhenLoaded(request, response) {
    if (host !== undefined) return host(request, response)
    start()
      .then(() => host?.(request, response))
      .catch((error: Error) => {
        onError(error)
        response.destroy()
      })
  }
}
