#!/usr/bin/env node
/** Starts the program: the world for its commands, and the exit code. */
import { runCommandLine } from './cli/run.ts'

let output: NodeJS.WriteStream | undefined

/** Opens standard output. Whoever reads it may have enough before its end, as `head` has. */
function openOutput(): NodeJS.WriteStream {
  return process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? 0 : 1)
  })
}

async function main(): Promise<void> {
  const code = await runCommandLine(process.argv.slice(2), {
    env: process.env,
    now: Date.now,
    async readInput() {
      const { text } = await import('node:stream/consumers')
      return text(process.stdin)
    },
    print(text) {
      output ??= openOutput()
      output.write(text)
    },
    tell(message) {
      process.stderr.write(`${message}\n`)
    }
  })
  // The service runs on; a command that failed may have left a listener behind.
  if (code !== 0) process.exit(code)
}

void main()
