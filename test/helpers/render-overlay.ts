/** Renders a kustomization as `kubectl kustomize` does, as far as the overlays of this project make use of it. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import * as z from 'zod'

const resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() })
})
export type Resource = z.output<typeof resource>

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string().optional(),
  resources: z.array(z.string()),
  images: z.array(z.looseObject({ name: z.string() })).default([]),
  patches: z
    .array(
      z.union([
        z.strictObject({ path: z.string() }),
        z.strictObject({
          target: z.strictObject({ kind: z.string(), name: z.string() }),
          patch: z.string()
        })
      ])
    )
    .default([])
})

const additions = z.array(
  z.strictObject({ op: z.literal('add'), path: z.string().endsWith('/-'), value: z.unknown() })
)

type Tree = Record<string, unknown>

/** @throws Error where a patch fits nothing */
export function renderOverlay(folder: string): Resource[] {
  const { resources, patches, namespace } = kustomization.parse(
    parse(readFileSync(join(folder, 'kustomization.yml'), 'utf8'))
  )
  let rendered = resources.flatMap((path) => readResources(join(folder, path)))
  for (const one of patches) {
    const patch = 'path' in one ? readResources(join(folder, one.path))[0] : undefined
    const target = 'target' in one ? { kind: one.target.kind, name: one.target.name } : undefined
    const kind = patch?.kind ?? target?.kind
    const name = patch?.metadata.name ?? target?.name
    if (!rendered.some((found) => found.kind === kind && found.metadata.name === name)) {
      throw new Error(`there is no ${kind} ${name} to patch`)
    }
    rendered = rendered.map((found) => {
      if (found.kind !== kind || found.metadata.name !== name) return found
      return resource.parse('patch' in one ? add(found, parse(one.patch)) : merge(found, patch))
    })
  }
  return namespace === undefined
    ? rendered
    : rendered.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }))
}

function readResources(path: string): Resource[] {
  if (statSync(path).isDirectory()) return renderOverlay(path)
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) =>
    resource.parse(document.toJS())
  )
}

/** A strategic merge: maps are merged, lists of things with names are merged by these, all else is replaced. */
function merge(base: unknown, patch: unknown): unknown {
  if (isList(base) && isList(patch)) return mergeLists(base, patch)
  if (!isTree(base) || !isTree(patch)) return patch
  const merged = Object.entries(patch).map(([key, value]) => [key, merge(base[key], value)])
  return { ...base, ...Object.fromEntries(merged) }
}

function mergeLists(base: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const key = ['mountPath', 'name'].find((name) =>
    [...base, ...patch].every((item) => isTree(item) && name in item)
  )
  if (key === undefined) return [...patch]
  const items = new Map(base.map((item) => [(item as Tree)[key], item]))
  for (const item of patch as Tree[]) {
    if (item.$patch === 'delete') items.delete(item[key])
    else items.set(item[key], merge(items.get(item[key]), item))
  }
  return [...items.values()]
}

/** Adds to the ends of lists (RFC 6902, section 4.1). */
function add(base: Resource, patch: unknown): unknown {
  const copy = structuredClone(base)
  for (const { path, value } of additions.parse(patch)) {
    const list = path.split('/').slice(1, -1).reduce<unknown>(step, copy)
    if (!isList(list)) throw new Error(`there is no list ${path}`)
    list.push(value)
  }
  return copy
}

function step(value: unknown, key: string): unknown {
  return (value as Tree)[key]
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !isList(value)
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}
