/** `npm run drill`: all drills in full, or those whose fault has one of the given words. Prints a table in Markdown. */
import { cpus, totalmem } from 'node:os'
import { createLifetime } from '../helpers/lifetime.ts'
import type { Drill, Figures } from './drill.ts'
import { DRILLS } from './drills.ts'

const words = process.argv.slice(2)
const chosen = DRILLS.filter(
  ({ fault }) => words.length === 0 || words.some((word) => fault.includes(word))
)
const print = (line: string) => void process.stdout.write(`${line}\n`)

const [{ model = 'unknown' } = {}] = cpus()
const memory = Math.round(totalmem() / 1024 ** 3)
print(
  `Measured on ${new Date().toISOString().slice(0, 10)} with Node.js ${process.versions.node} on ${process.platform} ${process.arch}, ${cpus().length} processors (${model}), ${memory} GiB of memory.\n`
)
print('| fault | what holds | figures |\n|---|---|---|')
let failed = 0
for (const drill of chosen) print(`| ${drill.fault} | ${drill.holds} | ${await outcomeOf(drill)} |`)
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1)

async function outcomeOf({ fault, run }: Drill): Promise<string> {
  const lifetime = createLifetime()
  try {
    return formatFigures(await run(lifetime, 'full'))
  } catch (error) {
    failed++
    process.stderr.write(`${fault}: ${(error as Error).stack}\n`)
    return '**failed**'
  } finally {
    await lifetime.end()
  }
}

function formatFigures(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ')
}
