/** Routes for operators, for OpenAPI. */
import { json, type Operation, type PathItem, schemaRef } from '../openapi/parts.ts'
import { object } from '../openapi/schemas.ts'
import type { OperationPath } from '../own-paths.ts'

const HEALTH = json(schemaRef('Health'))

const LIVE: Operation = {
  summary: 'Shows whether the process runs.',
  responses: { 200: { description: 'It runs.', content: HEALTH } }
}

export const READY: Operation = {
  summary: 'Shows whether the service accepts requests.',
  responses: {
    200: { description: 'It does.', content: HEALTH },
    503: { description: 'It is starting or stopping.', content: HEALTH }
  }
}

export const METRICS: Operation = {
  summary: 'Returns metrics for Prometheus.',
  responses: {
    200: {
      description: 'The metrics, in the Prometheus exposition format.',
      content: { 'text/plain': { schema: { type: 'string' } } }
    }
  }
}

export const OPERATIONS = {
  '/livez': { get: LIVE },
  '/healthz': { get: LIVE },
  '/readyz': { get: READY },
  '/metrics': { get: METRICS }
} satisfies Readonly<Record<OperationPath, PathItem>>

export const SCHEMAS = {
  Health: object({ status: { enum: ['ok', 'starting', 'stopping'] } })
}
