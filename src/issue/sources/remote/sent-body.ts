/** Which sources of a configuration pass the body of a client on. */
import type { RemoteSourceConfig, SourceConfig } from '../settings.ts'

/** What the body of a call is, where the source does not say it, too. */
export function sendingOf({
  method,
  send
}: Pick<RemoteSourceConfig, 'method' | 'send'>): NonNullable<RemoteSourceConfig['send']> {
  return send ?? (method === 'GET' ? 'nothing' : 'body')
}

/** Whether any of the sources posts the body of a client to its remote, so that it has to be JSON. */
export function sendsBody(sources: readonly SourceConfig[]): boolean {
  return sources.some((source) => source.from === 'remote' && sendingOf(source) === 'body')
}
