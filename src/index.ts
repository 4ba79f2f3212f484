/** The entry `txtoken`, for programs that embed the service. */
export { ConfigError } from './config/problems.ts'
export { KeyError } from './keys/key-error.ts'
export {
  type ConfigInput,
  createApp,
  type EmbeddedApp,
  type EmbeddedAppOptions
} from './server/embedded-app.ts'
export type { Problem } from './settings/problem.ts'
export { VERSION } from './version.ts'
