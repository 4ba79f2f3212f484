/** The reply of the bench's remote, about as large as a reply of a login API, or larger. */
const reply = {
  user: { id: 4711, email: 'ann@example.com', name: 'Ann Example', roles: ['reader', 'editor'] },
  session: { id: 'b2f1c9f0-6a52-4c1e-9d0b-2f7f4f0f9a11', expires_at: '2030-01-01T00:00:00Z' },
  tenant: 'example'
}

export const remoteReply = JSON.stringify(reply)

/** A reply of at least this many bytes, filled with further groups. */
export function createRemoteReply(bytes: number): string {
  const group = (index: number) => ({ id: index, name: `group-${index}`, roles: ['reader'] })
  const bytesPerGroup = JSON.stringify(group(1000)).length + 1
  const count = Math.max(0, Math.ceil((bytes - remoteReply.length) / bytesPerGroup))
  if (count === 0) return remoteReply
  return JSON.stringify({
    ...reply,
    groups: Array.from({ length: count }, (_, index) => group(1000 + index))
  })
}
