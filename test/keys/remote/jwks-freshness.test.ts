import type { IncomingHttpHeaders } from 'node:http'
import test from 'ava'
import { freshnessLifetime } from '../../../src/keys/remote/jwks-freshness.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

const cases: readonly {
  title: string
  headers: IncomingHttpHeaders
  seconds: number | undefined
}[] = [
  { title: 'no header about it', headers: {}, seconds: undefined },
  { title: 'max-age', headers: { 'cache-control': 'max-age=60' }, seconds: 60 },
  {
    title: 'max-age among others, in capitals and quotes',
    headers: { 'cache-control': 'public, Max-Age="60", must-revalidate' },
    seconds: 60
  },
  {
    title: 's-maxage, which is for shared caches',
    headers: { 'cache-control': 's-maxage=9, max-age=60' },
    seconds: 60
  },
  {
    title: 'a max-age that is no number',
    headers: { 'cache-control': 'max-age=-1' },
    seconds: undefined
  },
  { title: 'no-store', headers: { 'cache-control': 'max-age=60, no-store' }, seconds: 0 },
  { title: 'no-cache', headers: { 'cache-control': 'no-cache' }, seconds: 0 },
  {
    title: 'max-age, less the age',
    headers: { 'cache-control': 'max-age=60', age: '20' },
    seconds: 40
  },
  {
    title: 'an age beyond the max-age',
    headers: { 'cache-control': 'max-age=60', age: '61' },
    seconds: 0
  },
  {
    title: 'Expires, by the clock of the server',
    headers: { date: 'Sun, 01 Mar 2026 10:00:00 GMT', expires: 'Sun, 01 Mar 2026 10:02:00 GMT' },
    seconds: 120
  },
  {
    title: 'Expires without Date, by our clock',
    headers: { expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  { title: 'Expires that is no date', headers: { expires: '0' }, seconds: 0 },
  {
    title: 'max-age before Expires',
    headers: { 'cache-control': 'max-age=60', expires: 'Sun, 01 Mar 2026 13:00:00 GMT' },
    seconds: 60
  },
  { title: 'a max-age of zero', headers: { 'cache-control': 'max-age=0' }, seconds: 0 },
  {
    title: 'directives about other things, with a Last-Modified to guess from',
    headers: {
      'cache-control': 'public, immutable, stale-while-revalidate=600',
      'last-modified': 'Sun, 01 Feb 2026 12:00:00 GMT'
    },
    seconds: undefined
  },
  {
    title: 'max-age with a time to use it stale, which does not count',
    headers: { 'cache-control': 'max-age=60, stale-while-revalidate=600, stale-if-error=600' },
    seconds: 60
  },
  {
    title: 'Expires with a Date that is no date, by our clock',
    headers: { date: 'today', expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  {
    title: 'Expires before immutable',
    headers: { 'cache-control': 'immutable', expires: 'Sun, 01 Mar 2026 12:01:00 GMT' },
    seconds: 60
  },
  {
    title: 'a reply that varies with everything',
    headers: { 'cache-control': 'max-age=60', vary: '*' },
    seconds: 0
  }
]
for (const { title, headers, seconds } of cases) {
  test(`${title}: ${seconds === undefined ? 'not said' : `${seconds} seconds`}`, (t) => {
    t.is(freshnessLifetime(headers, NOW), seconds === undefined ? undefined : seconds * 1000)
  })
}
