/** Curves of getToken, beside the bare program and the fastify one: larger replies, more connections, a slow remote. */
import type { Curve } from '../curve.ts'
import type { Bench } from '../scenario.ts'
import { createGetTokenVariants } from '../scenarios/get-token.ts'

const KILOBYTE = 1000
const SLOW_REMOTE_MS = 200

export function createReplySizeCurve(bench: Bench): Curve {
  return {
    title: 'Size of the reply',
    quantity: 'kB',
    amounts: [0.2, 2, 20, 200],
    createVariants: (amount) =>
      createGetTokenVariants(bench, { remoteQuery: `?bytes=${amount * KILOBYTE}` }),
    growth: { txtoken: 'linear' }
  }
}

/** With one connection, a login has the processor for itself: its p50 is the duration of a login. */
export function createConnectionsCurve(bench: Bench): Curve {
  return {
    title: 'Connections',
    quantity: 'connections',
    amounts: [1, 4, 16, 64, 256, 1024],
    createVariants: (connections) =>
      createGetTokenVariants(bench, {
        load: { connections },
        settings: { limits: { calls: connections, wait: 'off' } }
      }),
    growth: { txtoken: 'flat' }
  }
}

export function createSlowRemoteCurve(bench: Bench): Curve {
  return {
    title: `Remote of ${SLOW_REMOTE_MS} ms`,
    quantity: 'waiting',
    amounts: [10, 100, 1000],
    createVariants: (connections) =>
      createGetTokenVariants(bench, {
        remoteQuery: `?delay=${SLOW_REMOTE_MS}`,
        load: { connections },
        settings: { limits: { calls: connections } }
      }),
    growth: { txtoken: 'flat' }
  }
}
