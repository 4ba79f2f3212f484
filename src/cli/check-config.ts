/** `check-config`: reports whether the service would start with a configuration, and reach what it needs. */
import { stringify } from 'yaml'
import { loadWrittenConfig, type WrittenConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import { showFullForm } from '../config/shown-form.ts'
import { formatPath } from '../settings/problem.ts'
import { type CommandContext, configFileOf, createCommand, type Environment } from './command.ts'
import type { ProbeResult } from './probes/probe.ts'

const PROBE_DEADLINE_MS = 3000

export const checkConfig = createCommand({
  parameters: ['[FILE]'],
  description:
    'Check whether the service would start with a configuration, and list everything that is wrong with it. Without FILE, the environment variable CFG_FILE names it.',
  options: {
    print: {
      type: 'boolean',
      description: 'Print the full form as YAML, with defaults filled in and secrets masked'
    },
    probe: {
      type: 'boolean',
      description: 'Also try to reach remotes, JWK Sets, Redis and LDAP; no credentials are sent'
    },
    json: { type: 'boolean', description: 'Write one JSON object' }
  },
  examples: [
    'txtoken check-config txtoken.yml',
    'txtoken check-config txtoken.yml --print',
    'txtoken check-config txtoken.yml --probe --json'
  ],
  async run({ values, parameters: [named], env, ...context }) {
    const file = configFileOf(named, env)
    if (values.json === true) return writeJson(file, values, { ...context, env })
    const loaded = loadWrittenConfig({ file, env })
    if (values.print === true) {
      context.print(stringify(showFullForm(loaded.written, { defaults: true })))
    }
    // A program may read what is printed; this line is for people.
    const say =
      values.print === true ? context.report : (line: string) => context.print(`${line}\n`)
    say(`${file} is good`)
    if (values.probe !== true) return undefined
    const results = await probeAll(loaded)
    for (const line of results.map(writeResult)) say(line)
    return results.every(({ reached }) => reached) ? undefined : 1
  }
})

interface Extras {
  readonly print?: boolean
  readonly probe?: boolean
}

async function writeJson(file: string, extras: Extras, { env, print }: CommandContext) {
  const loaded = load(file, env)
  if (loaded instanceof ConfigError) {
    const problems = loaded.problems.map(({ path, message, line }) => ({
      path: formatPath(path),
      line,
      message
    }))
    print(`${JSON.stringify({ file, valid: false, problems })}\n`)
    return 1
  }
  const probes = extras.probe === true ? await probeAll(loaded) : undefined
  const fullForm =
    extras.print === true ? showFullForm(loaded.written, { defaults: true }) : undefined
  print(`${JSON.stringify({ file, valid: true, problems: [], fullForm, probes })}\n`)
  return probes === undefined || probes.every(({ reached }) => reached) ? undefined : 1
}

function load(file: string, env: Environment): WrittenConfig | ConfigError {
  try {
    return loadWrittenConfig({ file, env })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** All at the same time. */
async function probeAll({ config }: WrittenConfig): Promise<readonly ProbeResult[]> {
  const { findAddresses, probe } = await import('./probes/probe.ts')
  return Promise.all(findAddresses(config).map((address) => probe(address, PROBE_DEADLINE_MS)))
}

function writeResult({ setting, address, reached, found }: ProbeResult): string {
  return `${reached ? 'ok    ' : 'failed'} ${setting} ${address}: ${found}`
}
