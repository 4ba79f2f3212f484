/** Reads the Compose file, with types for the parts that tests use. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'

const service = z.object({
  build: z.string(),
  image: z.string(),
  user: z.string().optional(),
  entrypoint: z.unknown().optional(),
  stop_grace_period: z.string(),
  read_only: z.boolean(),
  tmpfs: z.array(z.string()),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  mem_limit: z.string(),
  environment: z.object({ ENC_KEY: z.string() }),
  healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }),
  ports: z.array(z.string()).optional()
})

const volume = z.object({
  source: z.string(),
  target: z.string(),
  read_only: z.boolean(),
  bind: z.object({ create_host_path: z.boolean() })
})

const compose = z.object({
  services: z.strictObject({
    txtoken: service.extend({
      volumes: z.tuple([volume]),
      depends_on: z.record(z.string(), z.object({ condition: z.string() }))
    }),
    'demo-login-api': service.extend({
      command: z.array(z.string()),
      expose: z.tuple([z.string()])
    })
  })
})

/** @throws ZodError where the file lacks a part that tests use */
export function readCompose() {
  const file = join(import.meta.dirname, '../../docker-compose.yml')
  return compose.parse(parse(readFileSync(file, 'utf8'), { merge: true }))
}
