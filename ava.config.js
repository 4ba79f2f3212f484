export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Signals, the working folder and the environment belong to a process, so each test file has one of its own.
  workerThreads: false,
  timeout: '3m'
}
