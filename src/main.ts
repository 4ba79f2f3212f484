#!/usr/bin/env node
/** Starts the program: the world for its commands, and the exit code. */
import { runCommandLine } from './cli/run.ts'

let output: NodeJS.WriteStream | undefined

/** Opens standard output. Its reader may stop before the end, as `head` does. */
function openOutput(): NodeJS.WriteStream {
  return process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0)
    process.stderr.write(`txtoken: cannot write to standard output (${code})\n`)
    process.exit(1)
  })
}

async function main(): Promise<void> {
  const code = await runCommandLine(process.argv.slice(2), {
    env: process.env,
    now: Date.now,
    async readInput() {
      const { text } = await import('node:stream/consumers')
      if (process.stdin.isTTY) process.stderr.write('reading standard input, to its end (Ctrl-D)\n')
      return text(process.stdin)
    },
    print(text) {
      output ??= openOutput()
      output.write(text)
    },
    report(message) {
      process.stderr.write(`${message}\n`)
    }
  })
  // The service runs on; a command that failed may have left a listener behind.
  if (code !== 0) process.exit(code)
}

void main()
