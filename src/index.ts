/** What `txtoken` is to a program that has the service inside of it. */
export { ConfigError, type Problem } from './config/problems.ts'
export { createApp, type EmbeddedApp, type EmbeddedAppOptions } from './embedded-app.ts'
export { KeyError } from './keys/key-error.ts'
export { VERSION } from './version.ts'
