/** The environment variable that makes a process a worker: its number, from 1 on. */
export const WORKER_VARIABLE = 'TXTOKEN_WORKER'
