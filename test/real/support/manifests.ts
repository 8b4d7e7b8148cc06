// What Helm and kustomize make of the files in this repository, as objects that can be compared.
import { isDeepStrictEqual } from 'node:util'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { findBinary } from './binaries.ts'
import { runCommand } from './process.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
}

export async function renderKustomization(folder: string): Promise<readonly Manifest[]> {
  return parseManifests(await run(await findBinary('kubectl'), ['kustomize', folder]))
}

/** `kubeVersion` is what the chart is told, because no cluster is asked. */
export async function renderChartWith(args: readonly string[], kubeVersion = '1.36.0'): Promise<readonly Manifest[]> {
  return parseManifests(
    await runHelm([
      'template',
      'stoa',
      'charts/stoa',
      '--namespace=stoa-system',
      `--kube-version=${kubeVersion}`,
      ...args,
    ]),
  )
}

export async function runHelm(args: readonly string[]): Promise<string> {
  return run(await findBinary('helm'), args)
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, { cwd: ROOT })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as Manifest | null
    return object === null ? [] : [object]
  })
}

export function describeManifest({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

/** Without what says by which tool an object was made. */
function withoutTool(manifest: Manifest): Manifest {
  const { labels = {}, annotations, ...metadata } = manifest.metadata
  const { 'helm.sh/chart': _chart, 'app.kubernetes.io/managed-by': _tool, ...rest } = labels
  const { 'helm.sh/resource-policy': _policy, ...notes } = annotations ?? {}
  const named = Object.keys(rest).length === 0 ? metadata : { ...metadata, labels: rest }
  return { ...manifest, metadata: Object.keys(notes).length === 0 ? named : { ...named, annotations: notes } }
}

/** The names of objects that are in one list only, or differ. */
export function listDifferences(some: readonly Manifest[], others: readonly Manifest[]): readonly string[] {
  const byName = (list: readonly Manifest[]): ReadonlyMap<string, Manifest> =>
    new Map(list.map((manifest) => [describeManifest(manifest), withoutTool(manifest)]))
  const [left, right] = [byName(some), byName(others)]
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => !isDeepStrictEqual(left.get(name), right.get(name)),
  )
}
