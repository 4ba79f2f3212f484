/** An unordered list with removal in constant time: the last item takes the place of the removed one. */

/**
 * An item, which knows where it is. A Set would need no such thing, but keeps memory: V8 gives a Set that has changed often a new table, to
 * which the old one points, so that once a table is old in the sense of its collector, all later ones stay until a full collection,
 * with whole requests in them.
 */
export interface Listed {
  /** Its index in the list; {@link NOWHERE} while it is in none. */
  place: number
}

export const NOWHERE = -1

export function addTo<Item extends Listed>(list: Item[], item: Item): void {
  item.place = list.length
  list.push(item)
}

/** Removes an item that may have been removed before. */
export function removeFrom<Item extends Listed>(list: Item[], item: Item): void {
  const { place } = item
  if (place === NOWHERE) return
  item.place = NOWHERE
  const last = list.pop()
  if (last === undefined || last === item) return
  list[place] = last
  last.place = place
}
