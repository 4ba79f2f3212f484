import { options } from './ava.config.js'
import { leaveOut } from './scripts/programs.js'

/** What starts processes and foreign servers, beside the unit tests: see `ava.unit.config.js`. */
export default {
  ...options,
  files: ['build/test/{e2e,examples}/**/*.test.js', 'build/test/**/*.system.test.js', ...leaveOut()]
}
