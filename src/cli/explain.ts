/** `explain`: draws the service of a configuration as text. */
import { drawConfig, writeSetting } from '../config/drawing.ts'
import { loadConfig } from '../config/load.ts'
import { describeProxies } from '../remote/proxy/proxies.ts'
import { configFileOf, createConfigCommand } from './command.ts'

export const explain = createConfigCommand({
  description:
    'Show the service that a configuration describes: its listeners, the steps of each route in order, its keys. Secrets are masked. Without FILE, the environment variable CFG_FILE names it.',
  options: {},
  examples: ['txtoken explain examples/txtoken.yml'],
  run({ named, env, print }) {
    print(drawConfig(loadConfig({ file: configFileOf(named, env), env })))
    const proxies = describeProxies(env)
    if (proxies !== undefined) print(`\nproxies of the environment\n  ${writeSetting(proxies)}\n`)
  }
})
