/** What `txtoken` is to a program that has the service inside of it. */
export { ConfigError } from './config/problems.ts'
export { KeyError } from './keys/key-error.ts'
export { createApp, type EmbeddedApp, type EmbeddedAppOptions } from './server/embedded-app.ts'
export type { Problem } from './settings/problem.ts'
export { VERSION } from './version.ts'
