/** The pods of the Deployment fit a namespace that enforces the "restricted" Pod Security profile. */
import test from 'ava'
import * as z from 'zod'
import { readTree } from '../helpers/read-manifests.ts'
import { findViolations } from './pod-security.ts'

const { spec } = z
  .object({
    spec: z.object({ template: z.object({ spec: z.record(z.string(), z.unknown()) }) })
  })
  .parse(readTree('deployment.yml')).spec.template
const { containers } = z
  .object({
    containers: z.tuple([z.looseObject({ securityContext: z.looseObject({}) })])
  })
  .parse(spec)
const [container] = containers

test('the Deployment breaks no rule of the restricted profile', (t) => {
  t.deepEqual(findViolations(spec), [])
})

test('the file system of every container is read-only', (t) => {
  for (const { securityContext } of containers) {
    t.true(securityContext.readOnlyRootFilesystem)
  }
})

test('the pod has no token for the Kubernetes API', (t) => {
  t.false(spec.automountServiceAccountToken)
})

const podFaults: Record<string, object> = {
  hostNetwork: { hostNetwork: true },
  hostPID: { hostPID: true },
  hostIPC: { hostIPC: true },
  'volume logs of type hostPath': { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] },
  'runAsUser 0': { securityContext: { ...Object(spec.securityContext), runAsUser: 0 } },
  'txtoken: runAsNonRoot': { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
  'txtoken: seccompProfile': { securityContext: { runAsNonRoot: true } },
  'sysctl net.core.somaxconn': {
    securityContext: {
      ...Object(spec.securityContext),
      sysctls: [{ name: 'net.core.somaxconn' }]
    }
  },
  'windowsOptions hostProcess': {
    securityContext: { ...Object(spec.securityContext), windowsOptions: { hostProcess: true } }
  },
  seLinuxOptions: {
    securityContext: { ...Object(spec.securityContext), seLinuxOptions: { type: 'spc_t' } }
  },
  'setup: allowPrivilegeEscalation': {
    initContainers: [{ name: 'setup', securityContext: { capabilities: { drop: ['ALL'] } } }]
  }
}

for (const [violation, fault] of Object.entries(podFaults)) {
  test(`the check of a pod finds: ${violation}`, (t) => {
    t.deepEqual(findViolations({ ...spec, ...fault }), [violation])
  })
}

const containerFaults: Record<string, object> = {
  privileged: { privileged: true },
  procMount: { procMount: 'Unmasked' },
  allowPrivilegeEscalation: { allowPrivilegeEscalation: undefined },
  'runAsUser 0': { runAsUser: 0 },
  'seccompProfile Unconfined': { seccompProfile: { type: 'Unconfined' } },
  appArmorProfile: { appArmorProfile: { type: 'Unconfined' } },
  'capabilities not dropped': { capabilities: { drop: ['NET_RAW'] } },
  'capabilities added': { capabilities: { drop: ['ALL'], add: ['SYS_TIME'] } }
}

for (const [violation, fault] of Object.entries(containerFaults)) {
  test(`the check of a container finds: ${violation}`, (t) => {
    const securityContext = { ...container.securityContext, ...fault }
    const violations = findViolations({ ...spec, containers: [{ ...container, securityContext }] })
    t.true(violations.includes(`txtoken: ${violation}`), violations.join(', '))
  })
}

test('the check of a container finds ports and probes of the host', (t) => {
  const ports = [{ name: 'http', containerPort: 8888, hostPort: 8888 }]
  t.deepEqual(findViolations({ ...spec, containers: [{ ...container, ports }] }), [
    'txtoken: hostPort'
  ])
  const livenessProbe = { tcpSocket: { port: 22, host: '10.0.0.1' } }
  t.deepEqual(findViolations({ ...spec, containers: [{ ...container, livenessProbe }] }), [
    'txtoken: host of a probe or hook'
  ])
})
