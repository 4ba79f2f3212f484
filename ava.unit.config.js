import { options } from './ava.config.js'
import { joinByFolder } from './scripts/compile.js'

/** Files of tests that start processes or foreign servers: their folder or their name says so. */
const SYSTEM = /^(?:e2e|examples)\/|\.system\.test\.js$/

/**
 * What starts no process and no foreign server, and needs no build. The files of a folder share a process, where one test
 * runs after the other and none disturbs another. More processes than two, since some tests wait.
 */
export default {
  ...options,
  files: await joinByFolder((file) => !SYSTEM.test(file)),
  serial: true,
  concurrency: 6
}
