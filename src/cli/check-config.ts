/** `check-config`: says whether the service would start with a configuration. */
import { loadConfig } from '../config/load.ts'
import { ConfigError, formatPath } from '../config/problems.ts'
import { configFileOf, createCommand } from './command.ts'

export const checkConfig = createCommand({
  parameters: ['[FILE]'],
  description:
    'Say whether the service would start with a configuration, and if not, everything that is wrong with it. FILE is the one that CFG_FILE names where left out.',
  options: {
    json: { type: 'boolean', description: 'Write the result as JSON' }
  },
  examples: ['txtoken check-config txtoken.yml', 'txtoken check-config txtoken.yml --json'],
  run({ values, parameters: [named], env, print }) {
    const file = configFileOf(named, env)
    if (values.json !== true) {
      loadConfig({ file, env })
      print(`${file} is good\n`)
      return
    }
    const problems = listProblems(file, env)
    print(`${JSON.stringify({ file, valid: problems.length === 0, problems })}\n`)
    return problems.length === 0 ? undefined : 1
  }
})

function listProblems(file: string, env: Parameters<typeof loadConfig>[0]['env']) {
  try {
    loadConfig({ file, env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ path, message }) => ({ path: formatPath(path), message }))
  }
}
