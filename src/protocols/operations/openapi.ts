/** Routes for those who operate the service. */
import { json, type Operation, type PathItem, schemaRef } from '../openapi/parts.ts'
import { object } from '../openapi/schemas.ts'
import type { OperationPath } from '../own-paths.ts'

const HEALTH = json(schemaRef('Health'))

const LIVE: Operation = {
  summary: 'The process lives.',
  responses: { 200: { description: 'It does.', content: HEALTH } }
}

export const READY: Operation = {
  summary: 'The service takes new work.',
  responses: {
    200: { description: 'It does.', content: HEALTH },
    503: { description: 'It is still starting, or is stopping.', content: HEALTH }
  }
}

export const METRICS: Operation = {
  summary: 'Metrics for Prometheus.',
  responses: {
    200: {
      description: 'Its exposition format.',
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
