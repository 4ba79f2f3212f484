/** The output of `kubectl kustomize` for the manifests, and checks of it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import * as z from 'zod'
import { buildGoProgram, findKubectl } from '../../scripts/go-tools.ts'
import { runWith } from './kubernetes-schemas.ts'

const resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() })
})
export type Resource = z.output<typeof resource>

const container = z.looseObject({
  image: z.string(),
  env: z
    .array(
      z.looseObject({
        name: z.string(),
        valueFrom: z
          .looseObject({ secretKeyRef: z.looseObject({ name: z.string(), key: z.string() }) })
          .optional()
      })
    )
    .default([]),
  resources: z.looseObject({ limits: z.looseObject({ memory: z.string() }) }),
  securityContext: z.looseObject({ readOnlyRootFilesystem: z.boolean() }),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([])
})

const withPods = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        automountServiceAccountToken: z.boolean(),
        containers: z.tuple([container]),
        volumes: z.array(z.looseObject({ name: z.string() })).default([])
      })
    }),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }))
      .default([])
  })
})

/** One rendering: the text, and its objects. */
export interface Rendered {
  readonly yaml: string
  readonly resources: readonly Resource[]
}

/** @throws Error with what kubectl reports where it cannot render the folder */
export async function renderKustomization(folder: string): Promise<Rendered> {
  const { stdout } = await promisify(execFile)(await findKubectl(), ['kustomize', folder])
  return readRendered(stdout)
}

export function readRendered(yaml: string): Rendered {
  const documents = parseAllDocuments(yaml).map((document) => document.toJS())
  return {
    yaml,
    resources: documents.filter((one) => one !== null).map((one) => resource.parse(one))
  }
}

/** @throws Error where there is none, or more than one */
export function findResource({ resources }: Rendered, kind: string, name: string): Resource {
  const found = resources.filter((one) => one.kind === kind && one.metadata.name === name)
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name}, found ${found.length}`)
  return found[0] as Resource
}

/** The objects of a rendering that run pods. */
export function listPodOwners({ resources }: Rendered): Resource[] {
  return resources.filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
}

/** The spec of the pods of a Deployment or StatefulSet, and the names of all volumes that they may mount. */
export function readPods(owner: Resource) {
  const { template, volumeClaimTemplates } = withPods.parse(owner).spec
  const [first] = template.spec.containers
  const volumes = [
    ...template.spec.volumes.map(({ name }) => name),
    ...volumeClaimTemplates.map(({ metadata }) => metadata.name)
  ]
  return { pod: template.spec, container: first, volumes }
}

/**
 * Checks pods as an API server does in a namespace with `pod-security.kubernetes.io/enforce: restricted`.
 * @param owners Deployments and StatefulSets
 * @returns the violations, a line each
 */
export async function findViolations(owners: readonly Resource[]): Promise<string> {
  return runWith(await buildGoProgram('pod-security'), [], JSON.stringify(owners))
}
