/**
 * The "restricted" profile of the Kubernetes Pod Security Standards, as checks on the spec of a pod on Linux.
 * It includes the "baseline" profile. https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import * as z from 'zod'

const profile = z.looseObject({ type: z.string().optional() })

const capabilities = z.looseObject({
  add: z.array(z.string()).default([]),
  drop: z.array(z.string()).default([])
})

const shared = z.looseObject({
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  seccompProfile: profile.optional(),
  appArmorProfile: profile.optional(),
  seLinuxOptions: z.looseObject({}).optional()
})

const container = z.looseObject({
  name: z.string(),
  ports: z.array(z.looseObject({ hostPort: z.number().optional() })).default([]),
  securityContext: shared
    .extend({
      privileged: z.boolean().optional(),
      procMount: z.string().optional(),
      allowPrivilegeEscalation: z.boolean().optional(),
      capabilities: capabilities.prefault({})
    })
    .prefault({})
})

const podSpec = z.looseObject({
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  securityContext: shared
    .extend({ sysctls: z.array(z.looseObject({ name: z.string() })).default([]) })
    .prefault({}),
  containers: z.array(container).min(1),
  initContainers: z.array(container).default([]),
  ephemeralContainers: z.array(container).default([])
})

type Pod = z.output<typeof podSpec>
type Container = z.output<typeof container>
type Shared = z.output<typeof shared>

const VOLUME_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret'
]
const SECCOMP_TYPES = ['RuntimeDefault', 'Localhost']
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes'
]

/** Lists what a pod does that the profile forbids; nothing for a pod that it admits. */
export function findViolations(spec: unknown): string[] {
  const pod = podSpec.parse(spec)
  const containers = [...pod.containers, ...pod.initContainers, ...pod.ephemeralContainers]
  return [
    ...podViolations(pod),
    ...containers.flatMap((one) =>
      containerViolations(one, pod.securityContext).map((text) => `${one.name}: ${text}`)
    )
  ]
}

function podViolations(pod: Pod): string[] {
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => pod[name] === true),
    ...contextViolations(pod.securityContext),
    ...pod.securityContext.sysctls
      .filter(({ name }) => !SAFE_SYSCTLS.includes(name))
      .map(({ name }) => `sysctl ${name}`),
    ...pod.volumes.flatMap(({ name, ...source }) =>
      Object.keys(source)
        .filter((type) => !VOLUME_TYPES.includes(type))
        .map((type) => `volume ${name} of type ${type}`)
    )
  ]
}

function containerViolations(one: Container, pod: Shared): string[] {
  const context = one.securityContext
  const seccomp = context.seccompProfile ?? pod.seccompProfile
  const checks: Record<string, boolean> = {
    privileged: context.privileged === true,
    procMount: (context.procMount ?? 'Default') !== 'Default',
    hostPort: one.ports.some(({ hostPort }) => (hostPort ?? 0) !== 0),
    allowPrivilegeEscalation: context.allowPrivilegeEscalation !== false,
    runAsNonRoot: (context.runAsNonRoot ?? pod.runAsNonRoot) !== true,
    seccompProfile: !SECCOMP_TYPES.includes(seccomp?.type ?? ''),
    'capabilities not dropped': !context.capabilities.drop.includes('ALL'),
    'capabilities added': context.capabilities.add.some((name) => name !== 'NET_BIND_SERVICE'),
    'host of a probe or hook': namesHost(one)
  }
  return [...Object.keys(checks).filter((name) => checks[name]), ...contextViolations(context)]
}

/** What is forbidden for a pod and for a container alike. */
function contextViolations(context: Shared): string[] {
  const appArmor = context.appArmorProfile?.type ?? 'RuntimeDefault'
  const checks: Record<string, boolean> = {
    'runAsUser 0': context.runAsUser === 0,
    'runAsNonRoot false': context.runAsNonRoot === false,
    'seccompProfile Unconfined': context.seccompProfile?.type === 'Unconfined',
    appArmorProfile: !SECCOMP_TYPES.includes(appArmor),
    seLinuxOptions:
      context.seLinuxOptions !== undefined && isForbiddenSelinux(context.seLinuxOptions),
    'windowsOptions hostProcess': isHostProcess(context.windowsOptions)
  }
  return Object.keys(checks).filter((name) => checks[name])
}

function isForbiddenSelinux({ type, user, role }: Record<string, unknown>): boolean {
  const types = [undefined, '', 'container_t', 'container_init_t', 'container_kvm_t']
  return (
    ![...types, 'container_engine_t'].includes(type as string) || Boolean(user) || Boolean(role)
  )
}

function isHostProcess(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'hostProcess' in options
}

function namesHost(one: Container): boolean {
  return /"(?:httpGet|tcpSocket)":\{[^{}]*"host":/.test(JSON.stringify(one))
}
