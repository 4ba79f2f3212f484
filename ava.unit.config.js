import all from './ava.config.js'

/** What starts no process and no foreign server, and needs no build: all but what its folder or its name says. */
export default {
  ...all,
  files: [...all.files, '!build/test/{e2e,examples}/**', '!build/test/**/*.system.test.js']
}
