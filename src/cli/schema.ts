/** `schema`: the JSON Schema of the configuration, for editors. */
import { createFileSchema } from '../config/json-schema.ts'
import { createCommand } from './command.ts'

export const schema = createCommand({
  parameters: [],
  description:
    'Print the JSON Schema (draft-07) of the configuration. Editors validate and complete a file that names it in a line such as\n# yaml-language-server: $schema=config.schema.json',
  options: {},
  examples: ['txtoken schema > config.schema.json'],
  run({ print }) {
    print(`${JSON.stringify(createFileSchema(), null, 2)}\n`)
  }
})
