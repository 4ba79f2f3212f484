/** `demo`: the service in front of a demo login API, for the first five minutes. */
import { createCommand } from './command.ts'
import { runDemo } from './serve.ts'

export const demo = createCommand({
  parameters: [],
  description:
    'Run the service in front of a demo login API on this machine, and print two commands to try it out. The environment variables PORT and DEMO_PORT set the ports (default 8888 and 8889). DEMO_HOST sets the address that the service listens on (default 127.0.0.1).',
  options: {},
  examples: ['txtoken demo', 'PORT=8080 txtoken demo'],
  run: runDemo
})
