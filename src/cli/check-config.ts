/** `check-config`: reports whether the service would start with a configuration, and reach what it needs. */
import { stringify } from 'yaml'
import { findAdvice } from '../config/advice.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { ConfigError, describeProblem } from '../config/problems.ts'
import { showFullForm } from '../config/shown-form.ts'
import { type ProxyFor, readProxies } from '../remote/proxy/proxies.ts'
import { formatPath, type Problem } from '../settings/problem.ts'
import {
  type CommandContext,
  configFileOf,
  createConfigCommand,
  type Environment
} from './command.ts'
import type { ProbeResult } from './probes/probe.ts'

const PROBE_DEADLINE_MS = 3000

export const checkConfig = createConfigCommand({
  description:
    'Check whether the service would start with a configuration, and list all its problems. Without FILE, the environment variable CFG_FILE names it.',
  options: {
    print: {
      type: 'boolean',
      description:
        'Print the full form as YAML with its defaults; secrets are masked, their variables kept'
    },
    advice: {
      type: 'boolean',
      description:
        'Also list settings that are allowed but unwise, each with the page that explains why'
    },
    probe: {
      type: 'boolean',
      description:
        'Also try remotes, JWK Sets and LDAP without credentials, Redis, and folders of data'
    },
    json: { type: 'boolean', description: 'Write one JSON object' }
  },
  examples: [
    'txtoken check-config txtoken.yml',
    'txtoken check-config txtoken.yml --advice',
    'txtoken check-config txtoken.yml --print',
    'txtoken check-config txtoken.yml --probe --json'
  ],
  async run({ values, named, env, ...context }) {
    const file = configFileOf(named, env)
    if (values.json === true) return writeJson(file, values, { ...context, env })
    const loaded = loadConfig({ file, env })
    const proxyFor = readProxies(env)
    if (values.print === true) {
      context.print(stringify(printedForm(loaded)))
    }
    // A program may read what is printed; this line is for people.
    const say =
      values.print === true ? context.report : (line: string) => context.print(`${line}\n`)
    say(`${file} is good`)
    if (values.advice === true) {
      for (const one of adviseOn(loaded)) say(`advice: ${describeProblem(one, file)} (${one.page})`)
    } else {
      for (const warning of loaded.warnings) say(`warning: ${describeProblem(warning, file)}`)
    }
    if (values.probe !== true) return undefined
    const results = await probeAll(loaded, proxyFor)
    for (const line of results.map(writeResult)) say(line)
    return results.every(({ reached }) => reached) ? undefined : 1
  }
})

interface Extras {
  readonly advice?: boolean
  readonly print?: boolean
  readonly probe?: boolean
}

async function writeJson(file: string, extras: Extras, { env, print }: CommandContext) {
  const loaded = load(file, env)
  if (loaded instanceof ConfigError) {
    const problems = loaded.problems.map(toJson)
    print(`${JSON.stringify({ file, valid: false, problems })}\n`)
    return 1
  }
  const probes = extras.probe === true ? await probeAll(loaded, readProxies(env)) : undefined
  const fullForm = extras.print === true ? printedForm(loaded) : undefined
  const warnings = loaded.warnings.map((warning) => ({ ...toJson(warning), kind: warning.kind }))
  const advice =
    extras.advice === true
      ? adviseOn(loaded).map((one) => ({ ...toJson(one), kind: one.kind, page: one.page }))
      : undefined
  const found = { file, valid: true, problems: [], warnings, advice, fullForm, probes }
  print(`${JSON.stringify(found)}\n`)
  return probes === undefined || probes.every(({ reached }) => reached) ? undefined : 1
}

/** With variables in place of secrets, so that it starts as it is where the secrets are in the environment. */
function printedForm({ written, unresolved }: LoadedConfig): unknown {
  return showFullForm(written, { defaults: true, unresolved })
}

/** Warnings are advice that is given in any case. In the order of their lines. */
function adviseOn({ config, isFlat, origin, warnings }: LoadedConfig) {
  const found = [...warnings, ...findAdvice(config, isFlat)].map((one) => ({
    ...one,
    line: one.line ?? origin?.lineOf?.(one.path),
    page: `docs/advice.md#${one.kind}`
  }))
  return found.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
}

function toJson({ path, message, line }: Problem) {
  return { path: formatPath(path), line, message }
}

function load(file: string, env: Environment): LoadedConfig | ConfigError {
  try {
    return loadConfig({ file, env })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** All at the same time. */
async function probeAll(
  { config }: LoadedConfig,
  proxyFor: ProxyFor
): Promise<readonly ProbeResult[]> {
  const { findAddresses, probe } = await import('./probes/probe.ts')
  return Promise.all(
    findAddresses(config).map((address) => probe(address, PROBE_DEADLINE_MS, proxyFor))
  )
}

function writeResult({ setting, address, reached, unclear, found }: ProbeResult): string {
  const good = unclear === true ? '??    ' : 'ok    '
  return `${reached ? good : 'failed'} ${setting} ${address}: ${found}`
}
