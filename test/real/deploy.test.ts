// What people install: the chart and the kustomizations make the same objects, a real apiserver takes them all, and the rights they grant
// are enough for an election and no more than they say.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { canFindBinary } from './support/binaries.ts'
import {
  describeManifest,
  listDifferences,
  parseManifests,
  renderChartWith,
  renderKustomization,
  runHelm,
  type Manifest,
} from './support/manifests.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const USER = 'system:serviceaccount:stoa-system:stoa'
const NAMESPACES = ['stoa-system', 'dns', 'web', 'external-dns']
const VALUES: readonly (readonly [string, readonly string[]])[] = [
  ['the defaults', []],
  ['values-dev.yaml', ['-f', 'charts/stoa/values-dev.yaml']],
  ['values-prod.yaml', ['-f', 'charts/stoa/values-prod.yaml']],
  ...readdirSync(`${root}charts/stoa/ci`).map((file) => [`ci/${file}`, ['-f', `charts/stoa/ci/${file}`]] as const),
]
/** Kinds of others, whose CRDs are not here. */
const FOREIGN = ['ServiceMonitor', 'ExternalSecret', 'SealedSecret']

const hasHelm = canFindBinary('helm')
const why = hasHelm ? '' : ' (left out: there is no helm, and no Go to build it)'

let apiserver: Apiserver

beforeAll(async () => {
  apiserver = await startApiserver({ identities: [{ user: USER }] })
  await kubectl(['apply', '--server-side', '--kustomize', `${root}crds`])
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
  for (const name of NAMESPACES) await kubectl(['create', 'namespace', name])
})
afterAll(() => apiserver.stop())

async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args, stdin === undefined ? {} : { stdin })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

async function dryRun(manifests: readonly Manifest[]): Promise<void> {
  const known = manifests.filter(({ kind }) => !FOREIGN.includes(kind))
  const text = known.map((manifest) => stringify(manifest)).join('---\n')
  const printed = await kubectl(
    ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '--filename=-'],
    text,
  )
  expect(printed.trim().split('\n')).toHaveLength(known.length)
}

describe.skipIf(!hasHelm).each(VALUES)(`the chart with %s${why}`, (_, args) => {
  it('is taken by the apiserver', async () => {
    await dryRun(await renderChartWith(args))
  })

  it('has no finding of helm lint', async () => {
    expect(await runHelm(['lint', '--strict', '--kube-version=1.36.0', 'charts/stoa', ...args])).toContain(
      '0 chart(s) failed',
    )
  })

  it('puts every object into the namespace of the release or one that was named', async () => {
    for (const manifest of await renderChartWith(args)) {
      const isClusterWide = /^(Cluster|CustomResource|ValidatingAdmission)/.test(manifest.kind)
      expect(manifest.metadata.namespace, describeManifest(manifest)).toSatisfy((namespace: string | undefined) =>
        isClusterWide ? namespace === undefined : NAMESPACES.includes(namespace ?? ''),
      )
    }
  })
})

describe.skipIf(!hasHelm)(`the chart${why}`, () => {
  it.each([
    ['nothing else', 'deploy/kustomize/base', []],
    ['values-dev.yaml', 'deploy/kustomize/overlays/development', ['-f', 'charts/stoa/values-dev.yaml']],
    ['values-prod.yaml', 'deploy/kustomize/overlays/production', ['-f', 'charts/stoa/values-prod.yaml']],
  ])('makes with %s the objects of %s', async (_, folder, args) => {
    const chart = (await renderChartWith(args)).filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined,
    )
    const plain = (await renderKustomization(folder)).filter(({ kind }) => kind !== 'Namespace')
    expect(listDifferences(chart, plain)).toEqual([])
  })

  it.each([
    ['says how to delete one of the namespaces that alone it reads', ['--set=watchNamespaces={web,dns}'], true],
    ['says nothing of namespaces where it reads all', [], false],
  ])('%s', async (_, args, isSaid) => {
    const release = ['install', 'stoa', 'charts/stoa', '--namespace=stoa-system', '--set=crds.install=false']
    const text = await runHelm([...release, ...args, '--dry-run=client', `--kubeconfig=${apiserver.kubeconfigPath}`])
    const [, notes = ''] = text.split('\nNOTES:\n')
    expect(notes).toContain('stoa doctor --lease-namespace stoa-system --lease-name stoa\n')
    expect(notes.includes('kubectl -n web delete dynamicdnsrecords,dnsproviders --all')).toBe(isSaid)
  })

  it('leaves the CRDs behind unless told otherwise, and comes without them', async () => {
    const policies = async (...args: string[]): Promise<readonly unknown[]> =>
      (await renderChartWith(args))
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])
    expect(await policies()).toEqual(Array(4).fill('keep'))
    expect(await policies('--set', 'crds.keep=false')).toEqual(Array(4).fill(undefined))
    expect(await policies('--set', 'crds.install=false')).toEqual([])
  })

  it('asks for nothing in all namespaces but nodes and namespaces when it is told which to read', async () => {
    const args = ['-f', 'charts/stoa/ci/namespaced-values.yaml']
    const names = (await renderChartWith(args))
      .filter(({ kind }) => kind.startsWith('ClusterRole'))
      .map(describeManifest)
    expect(names).toEqual(['ClusterRole stoa-cluster', 'ClusterRoleBinding stoa-cluster'])
  })

  it('gives two releases in one namespace a Lease each, and shares no object between them', async () => {
    const releases = await Promise.all(
      [
        ['stoa', 'dns'],
        ['stoa-web', 'web'],
      ].map(async ([name = '', namespace = '']) => {
        const args = ['--namespace=stoa-system', '--kube-version=1.36.0', '--set=crds.install=false']
        const watch = `--set=watchNamespaces={${namespace}}`
        return parseManifests(await runHelm(['template', name, 'charts/stoa', ...args, watch]))
      }),
    )
    expect(releases.map(findLease)).toEqual(['stoa', 'stoa-web'])
    expect(releases.map(listLeasesAllowed)).toEqual([['stoa'], ['stoa-web']])
    const names = releases.flatMap((manifests) => manifests.map(describeManifest))
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([])
  })

  it.each([
    ['an unknown value', ['--set', 'replica=2'], "additional properties 'replica' not allowed"],
    [
      'starters that would come with their CRDs',
      ['--set', 'starter.nodePools.edge.spec.minMembers=1'],
      'add them by helm upgrade',
    ],
    [
      'a ServiceMonitor of nothing',
      ['--set', 'metrics.serviceMonitor.enabled=true,metrics.service.enabled=false'],
      'needs metrics.service.enabled',
    ],
    [
      'one port for two things',
      ['--set=page.port=8080'],
      'page.port and metrics.port are both 8080: give one of them another port',
    ],
    [
      'what every Pod has',
      ['--set=extraEnv[0].name=POD_NAMESPACE,extraEnv[0].value=dns'],
      'extraEnv has POD_NAMESPACE, which the chart sets itself: leave it out',
    ],
    [
      'what a value says',
      ['--set=extraEnv[0].name=LOG_LEVEL,extraEnv[0].value=debug'],
      'extraEnv has LOG_LEVEL, which the chart sets itself: use log.level',
    ],
    [
      'a variable that is there twice',
      ['--set=extraEnv[0].name=A,extraEnv[0].value=x,extraEnv[1].name=A'],
      'extraEnv has A twice: leave out one of them',
    ],
    ['a port that no probe would know', ['--set=extraArgs={--metrics-port=9090}'], 'use metrics.port'],
    ['a Lease that no right is for', ['--set=extraArgs={--lease-namespace,dns}'], 'the namespace of the release'],
    [
      'two Roles of one name',
      ['--set=rbac.secrets[0].namespace=dns,rbac.secrets[1].namespace=dns'],
      'rbac.secrets has namespace dns twice: put all names into one entry',
    ],
  ])('refuses %s', async (_, args, message) => {
    await expect(renderChartWith(args)).rejects.toThrow(message)
  })

  it('takes a namespace whose name YAML would read as something else', async () => {
    const args = [
      '--set-json=watchNamespaces=["123","null"]',
      '--set-json=tenancy={"enabled":true,"zones":{"null":["a.b"]}}',
    ]
    const manifests = await renderChartWith(args)
    const roles = manifests.filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'stoa')
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['123', 'null'])
    expect(manifests.find(({ kind }) => kind === 'ConfigMap')).toMatchObject({ data: { null: 'a.b' } })
  })

  it('refuses a cluster that is too old for it', async () => {
    await expect(renderChartWith([], '1.29.0')).rejects.toThrow('kubeVersion: >=1.30.0-0')
  })
})

describe.each(['base', 'overlays/development', 'overlays/production', 'overlays/onprem'])(
  'deploy/kustomize/%s',
  (folder) => {
    it('is taken by the apiserver', async () => {
      await dryRun(await renderKustomization(`deploy/kustomize/${folder}`))
    })
  },
)

describe.skipIf(!hasHelm)(`the tenancy policy${why}`, () => {
  beforeAll(async () => {
    const manifests = await renderChartWith([
      '--show-only=templates/tenancy.yaml',
      '-f',
      'charts/stoa/ci/namespaced-values.yaml',
    ])
    await kubectl(
      ['apply', '--server-side', '--filename=-'],
      manifests.map((manifest) => stringify(manifest)).join('---\n'),
    )
  })

  const write = (namespace: string, hostname: string): Promise<string> => {
    const record = {
      apiVersion: 'dns.stoa.dev/v1alpha1',
      kind: 'DynamicDNSRecord',
      metadata: { name: 'tenant', namespace },
      spec: { hostnames: [hostname], targets: [{ addresses: ['192.0.2.1'] }] },
    }
    return kubectl(['apply', '--server-side', '--dry-run=server', '--filename=-'], stringify(record))
  }
  /** A policy is in force a moment after it was written. */
  const refusal = (namespace: string, hostname: string): Promise<string> =>
    expect
      .poll(
        () =>
          write(namespace, hostname).then(
            () => '',
            (error: unknown) => String(error),
          ),
        { timeout: 20_000 },
      )
      .not.toBe('')
      .then(() =>
        write(namespace, hostname).then(
          () => '',
          (error: unknown) => String(error),
        ),
      )

  it('refuses the names of others, and says which names there are', async () => {
    const message = await refusal('web', 'www.example.com')
    expect(message).toContain('namespace web does not have www.example.com; it has shop.example.com')
    expect(await refusal('external-dns', 'shop.example.com')).toContain('it has no names')
    expect(await refusal('web', 'workshop.example.com')).toContain('does not have workshop.example.com')
  })

  it.each(['shop.example.com', 'eu.shop.example.com', '*.shop.example.com', 'a.b.shop.example.com'])(
    'lets a namespace have %s',
    async (hostname) => {
      expect(await write('web', hostname)).toContain('serverside-applied')
    },
  )
})

describe('deploy/rbac.yaml', () => {
  beforeAll(() => kubectl(['apply', '--server-side', '--force-conflicts', '--filename', `${root}deploy/rbac.yaml`]))

  const may = async (verb: string, resource: string, ...more: string[]): Promise<boolean> => {
    const { stdout } = await apiserver.kubectl(['auth', 'can-i', verb, resource, ...more], { as: USER })
    return stdout.trim() === 'yes'
  }

  it.each([
    ['watch', 'dynamicdnsrecords.dns.stoa.dev', ['--all-namespaces']],
    ['patch', 'dynamicdnsrecords.dns.stoa.dev', ['--subresource=status', '--namespace=web']],
    ['patch', 'dnsproviders.dns.stoa.dev', ['--namespace=web']],
    ['watch', 'nodes', []],
    ['list', 'secrets', ['--namespace=dns']],
    ['get', 'namespaces/kube-system', []],
    ['create', 'events.events.k8s.io', ['--namespace=web']],
    ['update', 'leases.coordination.k8s.io/stoa', ['--namespace=stoa-system']],
  ])('lets the controller %s %s', async (verb, resource, more) => {
    expect(await may(verb, resource, ...more)).toBe(true)
  })

  it.each([
    ['update', 'dynamicdnsrecords.dns.stoa.dev', ['--namespace=web']],
    ['delete', 'dynamicdnsrecords.dns.stoa.dev', ['--namespace=web']],
    ['patch', 'nodes', []],
    ['patch', 'nodepools.dns.stoa.dev', ['--namespace=web']],
    ['create', 'secrets', ['--namespace=dns']],
    ['get', 'pods', ['--all-namespaces']],
    ['update', 'leases.coordination.k8s.io/other', ['--namespace=stoa-system']],
    ['create', 'leases.coordination.k8s.io', ['--namespace=kube-system']],
    ['delete', 'dnsendpoints.externaldns.k8s.io', ['--namespace=external-dns']],
  ])('does not let it %s %s', async (verb, resource, more) => {
    expect(await may(verb, resource, ...more)).toBe(false)
  })

  it.skipIf(!hasHelm)(`is what the chart grants${why}`, async () => {
    const text = await kubectl(['create', '--dry-run=client', '--output=yaml', '--filename', `${root}deploy/rbac.yaml`])
    const granted = parseManifests(text).flatMap((list) => ('items' in list ? (list.items as Manifest[]) : [list]))
    const chart = await renderChartWith(['--show-only=templates/rbac.yaml'])
    const rules = (manifests: readonly Manifest[]): unknown =>
      manifests
        .filter((manifest) => 'rules' in manifest)
        .map((manifest) => [describeManifest(manifest), manifest.rules])
        .sort()
    expect(rules(granted)).toEqual(rules(chart))
  })
})

/** The Lease that the processes of a Deployment compete for. */
function findLease(manifests: readonly Manifest[]): string | undefined {
  const deployment = manifests.find(({ kind }) => kind === 'Deployment') as
    (Manifest & { spec: { template: { spec: { containers: readonly { args: readonly string[] }[] } } } }) | undefined
  const args = deployment?.spec.template.spec.containers[0]?.args ?? []
  return args.find((arg) => arg.startsWith('--lease-name='))?.slice('--lease-name='.length)
}

function listLeasesAllowed(manifests: readonly Manifest[]): readonly string[] {
  type Role = Manifest & { rules?: readonly { resources: readonly string[]; resourceNames?: readonly string[] }[] }
  return manifests.flatMap(({ rules = [] }: Role) =>
    rules.flatMap(({ resources, resourceNames = [] }) => (resources.includes('leases') ? resourceNames : [])),
  )
}
