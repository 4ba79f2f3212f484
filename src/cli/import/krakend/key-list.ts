/** The keys of an imported krakend.json. Each has a kid, so that a validator can name its own keys: those of others are not valid for it. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS } from '../../../keys/key.ts'
import { KeyError } from '../../../keys/key-error.ts'
import { importIfFit, kidOf, parseJwks } from '../../../keys/material/jwk.ts'
import { type ReadText, TextFileError } from '../../../settings/text-file.ts'
import type { Section } from '../source.ts'
import type { WrittenKey } from './keys.ts'

interface Entry {
  readonly key: WrittenKey
  /** Its signer or validator. */
  readonly section: Section
  /** The kid that it gets if it has none; undefined until then. */
  newKid?: string
  /** A note about a kid that it gets. */
  readonly note: string | undefined
}

/** A key in a file. */
interface FileKey {
  readonly kid: string | undefined
  /** The public key or the secret. */
  readonly material: KeyObject
}

const UNKNOWN_KID = 'the kid of its key is not known here: put it'
const SAME_KID =
  'has a key with the kid of another key: rename one of them in its file, and put its new kid'

/** @param readBeside reads the file of a key, for its kids */
export function createKeyList(readBeside: ReadText) {
  const entries: Entry[] = []

  function add(entry: Entry): Entry {
    entries.push(entry)
    return entry
  }

  function addFileKey({ kid, material }: FileKey, key: WrittenKey, section: Section): Entry {
    const isSame = ({ key: other }: Entry) =>
      placeOf(other) === placeOf(key) && (kid === undefined || other.kid === kid)
    const known = entries.find(isSame)
    if (known !== undefined) return known
    const namesake = entries.find(({ key: other }) => kid !== undefined && other.kid === kid)
    if (namesake === undefined) {
      return add({ key: kid === undefined ? key : { kid, ...key }, section, note: undefined })
    }
    // A signer has the private key in one file, and its validator the public key in another.
    const isPair = readFileKeys(namesake.key, readBeside).some(
      (other) => other.kid === kid && other.material.equals(material)
    )
    return isPair ? namesake : add({ key, section, note: SAME_KID })
  }

  return {
    addSigning(key: WrittenKey, section: Section): void {
      const named = entries.filter(({ key: other }) => other.kid === key.kid)
      if (named.some(({ key: other }) => placeOf(other) === placeOf(key))) return
      if (key.kid !== undefined && named.length > 0) {
        section.note('kid', 'is that of another key, too; one kid is one key here, the first')
        return
      }
      add({ key, section, note: UNKNOWN_KID })
    },
    /** A validator names no kid: it accepts all keys of its file, or else those of signers from the same place. */
    addVerifying(key: WrittenKey, section: Section): readonly Entry[] {
      const inFile = readFileKeys(key, readBeside)
      if (inFile.length > 0) return inFile.map((one) => addFileKey(one, key, section))
      const known = entries.filter(({ key: other }) => placeOf(other) === placeOf(key))
      return known.length > 0 ? known : [add({ key, section, note: UNKNOWN_KID })]
    },
    /** The keys as they are written; one that is not the only one gets a kid if it has none. */
    finish() {
      const kids = new Set(entries.flatMap(({ key: { kid } }) => kid ?? []))
      for (const entry of entries.length > 1 ? entries : []) {
        if (entry.key.kid === undefined) nameEntry(entry, kids)
      }
      return {
        keys: entries.map(({ key, newKid }) =>
          newKid === undefined ? key : { kid: newKid, ...key }
        ),
        /** The setting of a verifier that accepts these keys alone. */
        keysOf(own: readonly Entry[]): 'all' | readonly string[] {
          const named = own.flatMap(({ key: { kid }, newKid = kid }) => newKid ?? [])
          return named.length === 0 ? 'all' : named
        }
      }
    }
  }
}

function nameEntry(entry: Entry, kids: Set<string>): void {
  let number = 1
  while (kids.has(`key-${number}`)) number++
  entry.newKid = `key-${number}`
  kids.add(entry.newKid)
  if (entry.note === undefined) return
  const setting = entry.section.has('jwk_local_path') ? 'jwk_local_path' : 'jwk_url'
  entry.section.note(setting, `${entry.note} in place of ${entry.newKid}, in keys and in verify`)
}

function placeOf({ alg, jwks, jwksUrl }: WrittenKey): string {
  return JSON.stringify({ alg, jwks, jwksUrl })
}

/** The usable keys of the file of a key; none where it is not in a file, or in one that cannot be read. */
function readFileKeys({ alg, jwks }: WrittenKey, readBeside: ReadText): readonly FileKey[] {
  const known = ALGORITHMS.find((one) => one === alg)
  if (jwks === undefined || known === undefined) return []
  try {
    const { jwks: found } = parseJwks(readBeside(jwks.file))
    return found.flatMap((jwk) => {
      const material = importIfFit(jwk, known)
      return material === undefined ? [] : [{ kid: kidOf(jwk), material: toVerifying(material) }]
    })
  } catch (error) {
    if (error instanceof TextFileError || error instanceof KeyError) return []
    throw error
  }
}

function toVerifying(material: KeyObject): KeyObject {
  return material.type === 'private' ? createPublicKey(material) : material
}
