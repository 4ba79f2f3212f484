/** The reply of the bench's remote, about as large as that of a login API. */
export const remoteReply = JSON.stringify({
  user: { id: 4711, email: 'ann@example.com', name: 'Ann Example', roles: ['reader', 'editor'] },
  session: { id: 'b2f1c9f0-6a52-4c1e-9d0b-2f7f4f0f9a11', expires_at: '2030-01-01T00:00:00Z' },
  tenant: 'example'
})
