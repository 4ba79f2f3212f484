import system from './ava.system.config.js'

/** What no version of Node.js changes: manifests, workflows, shells, gateways, browsers, directories, other languages, the pages, the bench, and drills. */
const OF_OTHER_PROGRAMS = [
  'bench',
  'check/groups',
  'cli',
  'deploy/chart',
  'deploy/linters',
  'deploy/overlays',
  'deploy/systemd',
  'docs',
  'drills',
  'e2e/browser',
  'e2e/foreign-binaries',
  'e2e/gateway',
  'e2e/gateways',
  'e2e/install',
  'e2e/microservices',
  'e2e/nginx',
  'e2e/redis-failover',
  'e2e/verifiers',
  'e2e/workbench',
  'examples',
  'programs',
  'revocation/stores/redis/failover'
]

/** The system tests for a second version of Node.js. */
export default {
  ...system,
  files: [
    ...system.files,
    ...OF_OTHER_PROGRAMS.flatMap((name) => [
      `!build/test/${name}.*test.js`,
      `!build/test/${name}/**`
    ])
  ]
}
