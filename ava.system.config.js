import all from './ava.config.js'

/** What starts processes and foreign servers, beside the unit tests: see `ava.unit.config.js`. */
export default {
  ...all,
  files: ['build/test/{e2e,examples}/**/*.test.js', 'build/test/**/*.system.test.js']
}
