/** Reads the exposition format of Prometheus. */
import { send } from './http.ts'

/** A sample's name and labels, as they are written: `name{label="value"}`, and its value. */
export type Samples = ReadonlyMap<string, number>

/** Scrapes the metrics of a service. */
export async function scrape(url: string): Promise<Samples> {
  const { text } = await send(`${url}/metrics`)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    })
  )
}

/** The samples of one name, without their zeros. */
export function samplesOf(samples: Samples, name: string): Record<string, number> {
  return Object.fromEntries(
    [...samples].filter(([key, value]) => key.startsWith(`${name}{`) && value !== 0)
  )
}
