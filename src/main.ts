#!/usr/bin/env node
/** Starts the program: which command, and which exit code. */
import type { Environment } from './cli/command.ts'

/** Each command loads only what it needs, so that the service is ready sooner. */
const COMMANDS: Readonly<
  Record<string, (args: string[], env: Environment) => Promise<void> | void>
> = {
  serve: async (_args, env) => (await import('./cli/serve.ts')).serve(env),
  'check-config': async (_args, env) => (await import('./cli/check-config.ts')).checkConfig(env),
  healthcheck: async (_args, env) => (await import('./cli/healthcheck.ts')).healthcheck(env),
  'demo-login-api': async (args, env) =>
    (await import('./cli/demo-login-api.ts')).demoLoginApi(args, env)
}

const [name = 'serve', ...args] = process.argv.slice(2)

try {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    throw new Error(`unknown command ${name}, expected one of ${Object.keys(COMMANDS).join(', ')}`)
  }
  await command(args, process.env)
} catch (error) {
  process.stderr.write(`txtoken ${name}: ${describe(error)}\n`)
  process.exit(1)
}

/** Our own errors are made for reading; anything else is a defect, and its stack is the report of it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return ['ConfigError', 'KeyError', 'ListenError', 'UsageError', 'Error'].includes(error.name)
    ? error.message
    : (error.stack ?? error.message)
}
