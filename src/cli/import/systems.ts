/** The systems, by their names on the command line. */
import { krakend } from './krakend/krakend.ts'
import { okera } from './okera.ts'
import { supertokens } from './supertokens.ts'
import type { System } from './system.ts'
import { themis } from './themis/themis.ts'
import { txtoken } from './txtoken.ts'

export const SYSTEMS: Readonly<Record<string, System>> = {
  krakend,
  themis,
  supertokens,
  okera,
  txtoken
}
