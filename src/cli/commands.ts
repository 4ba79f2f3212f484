/** All commands, in the order of the help. Each is loaded only when it runs, so that the program starts quickly. */
import type { Command } from './command.ts'

interface CommandEntry {
  /** Its name: one word, or two in a group of commands. */
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'Run the service (the default command)',
    load: async () => (await import('./serve.ts')).serve
  },
  {
    name: 'check-config',
    summary: 'Check a configuration and list all its problems',
    load: async () => (await import('./check-config.ts')).checkConfig
  },
  {
    name: 'import',
    summary: 'Convert the configuration of another system',
    load: async () => (await import('./import/import.ts')).importConfig
  },
  {
    name: 'explain',
    summary: 'Show the pipelines of a configuration as text',
    load: async () => (await import('./explain.ts')).explain
  },
  {
    name: 'schema',
    summary: 'Print the JSON Schema of the configuration',
    load: async () => (await import('./schema.ts')).schema
  },
  {
    name: 'completion',
    summary: 'Print the completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completion
  },
  {
    name: 'healthcheck',
    summary: 'Check whether the service on this machine is alive',
    load: async () => (await import('./healthcheck.ts')).healthcheck
  },
  {
    name: 'demo',
    summary: 'Run the service in front of a demo login API',
    load: async () => (await import('./demo.ts')).demo
  },
  {
    name: 'demo-login-api',
    summary: 'Run only the demo login API',
    load: async () => (await import('./demo-login-api.ts')).demoLoginApi
  },
  {
    name: 'tokens init',
    summary: 'Make a key pair and the system token in .auth',
    load: async () => (await import('./tokens/init.ts')).initTokens
  },
  {
    name: 'tokens create',
    summary: 'Make and save a token for a user',
    load: async () => (await import('./tokens/create.ts')).createUserToken
  },
  {
    name: 'tokens show',
    summary: 'Print a saved token',
    load: async () => (await import('./tokens/show.ts')).showToken
  },
  {
    name: 'keys generate',
    summary: 'Generate a new key',
    load: async () => (await import('./keys/generate.ts')).generateKey
  },
  {
    name: 'keys convert',
    summary: 'Convert keys between PEM, JWK and JWK Set',
    load: async () => (await import('./keys/convert.ts')).convertKeys
  },
  {
    name: 'token decode',
    summary: 'Show what is in a token, without verifying it',
    load: async () => (await import('./token/decode.ts')).decodeToken
  },
  {
    name: 'token verify',
    summary: 'Verify a token with a key, or as a route does, step by step',
    load: async () => (await import('./token/verify.ts')).verifyToken
  }
]
