/** Checks Kubernetes objects with kubeconform, against the schemas of the API and of the CRDs that the chart uses. */
import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import * as z from 'zod'
import { downloadGoModule, installGoTool } from '../../scripts/go-tools.ts'
import { cachedFolder } from '../../scripts/tool-cache.ts'
import { installPythonPackages } from './python-packages.ts'

const KUBERNETES = 'v1.37.0'

/** Where each CRD is: the module, its version, and the file in it. */
const OPERATOR = ['github.com/prometheus-operator/prometheus-operator', 'v0.85.0'] as const
const GATEWAY_API = ['sigs.k8s.io/gateway-api', 'v1.6.3'] as const
const CRDS = [
  [OPERATOR, 'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml'],
  [OPERATOR, 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'],
  [GATEWAY_API, 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml']
] as const

const crd = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.unknown() }) })
    )
  })
})

/** @returns a function that checks a text of YAML documents and returns the problems: nothing where all are valid */
export async function createSchemaCheck(): Promise<(yaml: string) => Promise<string>> {
  const kubeconform = await installGoTool('kubeconform')
  const api = await cachedFolder(`kubernetes-schemas-${KUBERNETES}`, writeApiSchemas)
  const crds = await cachedFolder(`crd-schemas-${OPERATOR[1]}-${GATEWAY_API[1]}`, writeCrdSchemas)
  const locations = [
    `${api}/{{.ResourceKind}}{{.KindSuffix}}.json`,
    `${crds}/{{.Group}}-{{.ResourceKind}}-{{.ResourceAPIVersion}}.json`
  ].flatMap((location) => ['-schema-location', location])
  return (yaml) => runWith(kubeconform, ['-strict', ...locations], yaml)
}

/** Runs a program with a text on its standard input. @returns its output, and its error if it failed */
export async function runWith(
  program: string,
  args: readonly string[],
  input: string
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return `${stdout}${stderr}${code === 0 ? '' : `exit code ${code}`}`
}

/** The schemas of PyPI, with references that lead to the file beside them rather than to a site. */
async function writeApiSchemas(folder: string): Promise<void> {
  const packages = await installPythonPackages('kubernetes')
  const source = `${packages}/kubernetes_validate/kubernetes-json-schema/${KUBERNETES}-local-strict`
  for (const name of await readdir(source)) {
    const { $id, ...schema } = JSON.parse(await readFile(join(source, name), 'utf8'))
    const text = JSON.stringify(schema).replaceAll(
      '"/api/_definitions.json#',
      '"_definitions.json#'
    )
    await writeFile(join(folder, name), text)
  }
}

async function writeCrdSchemas(folder: string): Promise<void> {
  for (const [[path, version], file] of CRDS) {
    const module = await downloadGoModule(`${path}@${version}`)
    const { spec } = crd.parse(parse(await readFile(join(module, file), 'utf8')))
    for (const { name, schema } of spec.versions) {
      const target = `${spec.group}-${spec.names.kind}-${name}.json`.toLowerCase()
      await writeFile(join(folder, target), JSON.stringify(closed(schema.openAPIV3Schema)))
    }
  }
}

/** A schema within these is a condition on an object, and need not have all of its properties. */
const CONDITIONS = ['allOf', 'anyOf', 'oneOf', 'not']

/** A schema that allows only its own properties: the API server drops all others. */
function closed(schema: unknown, key?: string): unknown {
  if (key !== undefined && CONDITIONS.includes(key)) return schema
  if (Array.isArray(schema)) return schema.map((one) => closed(one))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([name, one]) => [name, closed(one, name)])
  )
  const isObject = key !== 'properties' && typeof copy.properties === 'object'
  return isObject &&
    !('additionalProperties' in copy) &&
    !copy['x-kubernetes-preserve-unknown-fields']
    ? { ...copy, additionalProperties: false }
    : copy
}
