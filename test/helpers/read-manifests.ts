/** Reads the Kubernetes manifests, with types for the parts that tests use. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'

const FOLDER = join(import.meta.dirname, '../../k8s/base')

const labels = z.record(z.string(), z.string())
const selector = z.object({ matchLabels: labels })
const named = z.object({ name: z.string() })

const head = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels })
})
export type Manifest = z.output<typeof head>

const configMap = head.extend({ data: z.record(z.string(), z.string()) })

const secret = head.extend({ stringData: z.record(z.string(), z.string()) })

const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) })

const container = z.object({
  name: z.string(),
  image: z.string(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  env: z.array(
    z.object({
      name: z.string(),
      valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) })
    })
  ),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() })
  }),
  volumeMounts: z.array(
    z.object({
      name: z.string(),
      mountPath: z.string(),
      readOnly: z.literal(true),
      subPath: z.string().optional()
    })
  )
})

const pod = z.object({
  automountServiceAccountToken: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.object({ runAsUser: z.number(), runAsGroup: z.number() }),
  topologySpreadConstraints: z.array(
    z.object({ topologyKey: z.string(), labelSelector: selector })
  ),
  containers: z.tuple([container]),
  volumes: z.array(z.object({ name: z.string(), configMap: named }))
})

const deployment = head.extend({
  spec: z.object({
    replicas: z.number().optional(),
    selector,
    strategy: z.object({
      rollingUpdate: z.object({ maxUnavailable: z.number(), maxSurge: z.number() })
    }),
    template: z.object({
      metadata: z.object({ labels, annotations: z.record(z.string(), z.string()) }),
      spec: pod
    })
  })
})

const service = head.extend({
  spec: z.object({
    selector: labels,
    ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: z.string() }))
  })
})

const ingress = head.extend({
  spec: z.object({
    tls: z.array(z.object({ hosts: z.array(z.string()), secretName: z.string() })),
    rules: z.array(
      z.object({
        host: z.string(),
        http: z.object({
          paths: z.array(
            z.object({
              path: z.string(),
              pathType: z.string(),
              backend: z.object({ service: z.object({ name: z.string(), port: named }) })
            })
          )
        })
      })
    )
  })
})

const autoscaler = head.extend({
  spec: z.object({
    scaleTargetRef: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
    minReplicas: z.number(),
    maxReplicas: z.number(),
    metrics: z.array(z.object({ resource: named }))
  })
})

const disruptionBudget = head.extend({
  spec: z.object({ maxUnavailable: z.number(), selector })
})

const policyPorts = z.array(
  z.object({ protocol: z.string(), port: z.union([z.string(), z.number()]) })
)
const peers = z.array(z.looseObject({})).min(1)

const networkPolicy = head.extend({
  spec: z.object({
    podSelector: selector,
    policyTypes: z.array(z.string()),
    ingress: z.array(z.object({ from: peers, ports: policyPorts })),
    egress: z.array(z.object({ to: peers, ports: policyPorts }))
  })
})

const kustomization = z.object({
  resources: z.array(z.string()),
  images: z.array(z.object({ name: z.string(), newName: z.string(), newTag: z.string() }))
})

export function listManifestFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yml'))
    .toSorted()
}

function readTree(file: string): unknown {
  return parse(readFileSync(join(FOLDER, file), 'utf8'))
}

export function readHead(file: string): Manifest {
  return head.parse(readTree(file))
}

/** @throws ZodError where a manifest lacks a part that tests use */
export function readManifests() {
  return {
    configMap: configMap.parse(readTree('configmap.yml')),
    secret: secret.parse(readTree('secret.example.yml')),
    deployment: deployment.parse(readTree('deployment.yml')),
    service: service.parse(readTree('service.yml')),
    ingress: ingress.parse(readTree('ingress.yml')),
    autoscaler: autoscaler.parse(readTree('horizontalpodautoscaler.yml')),
    disruptionBudget: disruptionBudget.parse(readTree('poddisruptionbudget.yml')),
    networkPolicy: networkPolicy.parse(readTree('networkpolicy.yml')),
    kustomization: kustomization.parse(readTree('kustomization.yml'))
  }
}
