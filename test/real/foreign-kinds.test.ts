// What we ship in the kinds of others: a real apiserver with their CRDs takes every object as it is, with no field that they do not know.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { canFindBinary } from './support/binaries.ts'
import { findMissingCrds, installForeignCrds, type ForeignGroup } from './support/foreign-crds.ts'
import {
  describeManifest,
  parseManifests,
  renderChartWith,
  renderKustomization,
  type Manifest,
} from './support/manifests.ts'
import { runCommand } from './support/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Shipment {
  readonly group: ForeignGroup
  readonly from: string
  readonly read: () => Promise<readonly Manifest[]>
  readonly objects: readonly string[]
}

function kustomization(group: ForeignGroup, folder: string, objects: readonly string[]): Shipment {
  return { group, from: folder, read: () => renderKustomization(folder), objects }
}

function file(group: ForeignGroup, path: string, objects: readonly string[]): Shipment {
  return { group, from: path, read: async () => parseManifests(await readFile(`${root}${path}`, 'utf8')), objects }
}

function chart(group: ForeignGroup, values: string, objects: readonly string[]): Shipment {
  return {
    group,
    from: `the chart with ${values}`,
    read: () => renderChartWith(['-f', `charts/stoa/${values}`]),
    objects,
  }
}

const children = (suffix: string): readonly string[] =>
  ['controller', 'crds', 'records'].map((part) => `Application argocd/stoa-${part}-${suffix}`)

const SHIPMENTS: readonly Shipment[] = [
  kustomization('argoproj.io', 'argocd/dev', ['AppProject argocd/stoa', 'Application argocd/stoa-dev']),
  kustomization('argoproj.io', 'argocd/prod', ['AppProject argocd/stoa', 'Application argocd/stoa-prod']),
  kustomization('argoproj.io', 'argocd/apps/dev', children('dev')),
  kustomization('argoproj.io', 'argocd/apps/prod', children('prod')),
  file('argoproj.io', 'argocd/applicationsets/clusters.yaml', ['ApplicationSet argocd/stoa-clusters']),
  file('argoproj.io', 'argocd/applicationsets/records-by-directory.yaml', ['ApplicationSet argocd/stoa-records']),
  kustomization('kustomize.toolkit.fluxcd.io', 'examples/flux', [
    'Kustomization flux-system/stoa-controller',
    'Kustomization flux-system/stoa-crds',
    'Kustomization flux-system/stoa-records',
  ]),
  kustomization('source.toolkit.fluxcd.io', 'examples/flux', [
    'GitRepository flux-system/dns',
    'GitRepository flux-system/stoa',
  ]),
  kustomization('monitoring.coreos.com', 'deploy/kustomize/overlays/production', ['ServiceMonitor stoa-system/stoa']),
  chart('monitoring.coreos.com', 'ci/namespaced-values.yaml', ['ServiceMonitor stoa-system/stoa']),
  chart('external-secrets.io', 'ci/namespaced-values.yaml', ['ExternalSecret dns/cloudflare-token']),
]

const groups = [...new Set(SHIPMENTS.map(({ group }) => group))]

function whyNot(group: ForeignGroup, from: string): string {
  const missing = findMissingCrds(group)
  if (missing !== undefined) return ` (skipped: ${missing})`
  return from.startsWith('the chart') && !canFindBinary('helm') ? ' (skipped: there is no helm)' : ''
}

let apiserver: Apiserver

beforeAll(async () => {
  apiserver = await startApiserver()
  for (const group of [...groups, 'metallb.io' as const]) {
    if (findMissingCrds(group) === undefined) await installForeignCrds(apiserver, group)
  }
  for (const name of ['argocd', 'flux-system', 'stoa-system', 'dns', 'lb']) {
    await kubectl(['create', 'namespace', name])
  }
}, 180_000)
afterAll(() => apiserver?.stop())

async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args, stdin === undefined ? {} : { stdin })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

describe.each(SHIPMENTS)('$from', ({ group, from, read, objects }) => {
  const why = whyNot(group, from)
  it.skipIf(why !== '')(
    `is what ${group} takes${why}`,
    async () => {
      const theirs = (await read()).filter(({ apiVersion }) => apiVersion.startsWith(`${group}/`))
      expect(theirs.map(describeManifest).sort()).toEqual(objects)
      const text = theirs.map((manifest) => stringify(manifest)).join('---\n')
      await kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=-'], text)
    },
    60_000,
  )
})

const noMetallb = whyNot('metallb.io', '')

describe.skipIf(noMetallb !== '')(`deploy/metallb.sh${noMetallb}`, () => {
  const labels = { 'app.kubernetes.io/name': 'metallb', 'app.kubernetes.io/component': 'controller' }
  const run = (range: string): Promise<{ readonly code: number | null; readonly stderr: string }> =>
    runCommand('bash', [`${root}deploy/metallb.sh`, range], {
      env: { ...process.env, KUBECONFIG: apiserver.kubeconfigPath },
    })

  beforeAll(async () => {
    const template = { metadata: { labels }, spec: { containers: [{ name: 'controller', image: 'controller:1' }] } }
    const spec = { selector: { matchLabels: labels }, template }
    const metadata = { name: 'controller', namespace: 'lb', labels }
    await kubectl(
      ['apply', '--server-side', '--filename=-'],
      stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }),
    )
  })

  it.each(['192.0.2.16/28', '192.0.2.10-192.0.2.20', '2001:db8::/120'])(
    'makes a pool of %s that MetalLB takes',
    async (range) => {
      expect(await run(range)).toMatchObject({ code: 0 })
      const pool = await kubectl(['get', 'ipaddresspools.metallb.io', 'stoa', '--namespace=lb', '--output=json'])
      expect(JSON.parse(pool)).toMatchObject({ spec: { addresses: [range], autoAssign: false } })
    },
    60_000,
  )
})
