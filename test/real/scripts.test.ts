// The scripts that people run first, against a real apiserver. Argo CD and MetalLB are not here: stand-ins for their CRDs take what the
// scripts send, so that it can be looked at.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { createTempDir } from './support/leftovers.ts'
import { renderKustomization } from './support/manifests.ts'
import { findOnPath, runCommand, type CommandResult } from './support/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

let apiserver: Apiserver
let folder: { readonly path: string; readonly remove: () => Promise<void> }

beforeAll(async () => {
  apiserver = await startApiserver()
  folder = await createTempDir('scripts')
  await cp(`${root}argocd`, join(folder.path, 'argocd'), { recursive: true })
  await cp(`${root}deploy`, join(folder.path, 'deploy'), { recursive: true })
  await cp(`${root}crds`, join(folder.path, 'crds'), { recursive: true })
})
afterAll(async () => {
  await apiserver.stop()
  await folder.remove()
})

function run(script: string, ...args: string[]): Promise<CommandResult> {
  const env = { ...process.env, KUBECONFIG: apiserver.kubeconfigPath, HOME: folder.path }
  return runCommand('bash', [join(folder.path, script), ...args], { env })
}

async function apply(...objects: readonly object[]): Promise<void> {
  const stdin = objects.map((object) => stringify(object)).join('---\n')
  const { code, stderr } = await apiserver.kubectl(['apply', '--server-side', '--filename=-'], { stdin })
  if (code !== 0) throw new Error(stderr)
}

async function get(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await apiserver.kubectl(['get', ...args, '--output=json'])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

/** A CRD that takes anything of its kind. */
function standIn(group: string, version: string, kind: string): object {
  const singular = kind.toLowerCase()
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: open } }],
    },
  }
}

const namespace = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
const configMap = (name: string, data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'argocd' },
  data,
})

describe('argocd/bootstrap.sh', () => {
  const settings = (environment: string): string => join(folder.path, 'argocd/settings', environment, 'settings.yaml')

  it.each([
    [[], 64, 'say which environment'],
    [['staging'], 64, "does not know 'staging'"],
    [['dev', 'prod'], 64, 'choose one'],
    [['dev', '--context'], 64, '--context needs a name'],
  ])('refuses %j', async (args, code, message) => {
    expect(await run('argocd/bootstrap.sh', ...args)).toMatchObject({
      code,
      stderr: expect.stringContaining(message) as string,
    })
  })

  it('says one after the other what is missing', async () => {
    const complain = async (): Promise<string> => (await run('argocd/bootstrap.sh', 'dev')).stderr
    expect(await complain()).toContain('put your repositories there')
    for (const environment of ['dev', 'prod']) {
      const text = await readFile(settings(environment), 'utf8')
      await writeFile(settings(environment), text.replaceAll('git.example.com/platform', 'git.test/team'))
    }
    expect(await complain()).toContain('there is no namespace argocd')
    await apply(namespace('argocd'))
    expect(await complain()).toContain('the cluster has no applications.argoproj.io')
    await apply(standIn('argoproj.io', 'v1alpha1', 'Application'), standIn('argoproj.io', 'v1alpha1', 'AppProject'))
    await apiserver.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
    expect(await complain()).toContain('there is no ConfigMap argocd-cm')
  })

  it('changes nothing in a dry run', async () => {
    await apply(
      configMap('argocd-cm', { url: 'https://argocd.test', 'resource.links': 'theirs' }),
      configMap('argocd-rbac-cm', { 'policy.csv': 'theirs' }),
    )
    const { code, stdout } = await run('argocd/bootstrap.sh', 'dev', '--dry-run')
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing was changed')])
    expect(await get('configmap', 'argocd-cm', '--namespace=argocd')).toMatchObject({
      data: { url: 'https://argocd.test' },
    })
    expect(await get('applications.argoproj.io', '--namespace=argocd')).toMatchObject({ items: [] })
  })

  it('adds to what is there, with the repositories of the settings, and running it again changes nothing', async () => {
    const versions = async (): Promise<unknown> => {
      const { items } = (await get(
        'configmaps,applications.argoproj.io,appprojects.argoproj.io',
        '--namespace=argocd',
      )) as {
        items: readonly { metadata: { name: string; resourceVersion: string } }[]
      }
      return items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
    }
    const first = await run('argocd/bootstrap.sh', 'dev', '--with-application-health')
    expect(first).toMatchObject({ code: 0 })
    const { data } = (await get('configmap', 'argocd-cm', '--namespace=argocd')) as { data: Record<string, string> }
    expect(data).toMatchObject({ url: 'https://argocd.test', 'resource.links': 'theirs' })
    expect(Object.keys(data).filter((key) => key.startsWith('resource.customizations.'))).toHaveLength(13)
    expect(await get('configmap', 'argocd-rbac-cm', '--namespace=argocd')).toMatchObject({
      data: { 'policy.csv': 'theirs' },
    })
    expect(await get('application', 'stoa-dev', '--namespace=argocd')).toMatchObject({
      spec: { source: { repoURL: 'https://git.test/team/stoa.git', path: 'argocd/apps/dev' } },
    })
    const before = await versions()
    expect(await run('argocd/bootstrap.sh', 'dev', '--with-application-health')).toMatchObject({ code: 0 })
    expect(await versions()).toEqual(before)
  })

  it('says for prod what to press', async () => {
    const { code, stdout } = await run('argocd/bootstrap.sh', 'prod')
    expect([code, stdout]).toEqual([0, expect.stringContaining('sync stoa-prod')])
    expect(await get('appproject', 'stoa', '--namespace=argocd')).toMatchObject({
      spec: { syncWindows: [{ kind: 'allow', manualSync: false }] },
    })
  })

  it.each(['dev', 'prod'])('and kubectl apply -k argocd/%s does the same', async (environment) => {
    const { code, stderr } = await apiserver.kubectl([
      'apply',
      '--kustomize',
      join(folder.path, 'argocd', environment),
      '--dry-run=server',
    ])
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')])
  })

  it.each(['dev', 'prod'])(
    'makes three applications in %s, with the repositories of the settings',
    async (environment) => {
      const applications = await renderKustomization(join(folder.path, 'argocd/apps', environment))
      const sources = applications.map(({ metadata, spec }) => {
        const { repoURL, path } = (spec as { source: { repoURL: string; path: string } }).source
        return `${metadata.name} ${repoURL} ${path}`
      })
      expect(sources.sort()).toEqual([
        `stoa-controller-${environment} https://git.test/team/stoa.git charts/stoa`,
        `stoa-crds-${environment} https://git.test/team/stoa.git crds`,
        `stoa-records-${environment} https://git.test/team/dns.git overlays/${environment}`,
      ])
    },
  )
})

describe('deploy/metallb.sh', () => {
  it.each([
    ['192.0.2.17/28', 'does not begin at the start'],
    ['10.0.0.0/8', 'more than 65,536 addresses'],
    ['192.0.2.20-192.0.2.10', 'ends before it begins'],
    ['192.0.2.300-192.0.2.301', 'is no IPv4 address'],
    ['192.0.2.010-192.0.2.20', 'is no IPv4 address'],
    ['192.0.2.10', 'is no range'],
    ['2001:db8::/129', 'is no IPv6 CIDR'],
    ['$(id)-1', 'is no IPv4 address'],
  ])('refuses %s before it asks the cluster', async (range, message) => {
    expect(await run('deploy/metallb.sh', range)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(message) as string,
    })
  })

  it('asks for MetalLB, and then for its controller', async () => {
    expect((await run('deploy/metallb.sh', '192.0.2.16/28')).stderr).toContain('install MetalLB 0.14.9 or later')
    await apply(standIn('metallb.io', 'v1beta1', 'IPAddressPool'), standIn('metallb.io', 'v1beta1', 'L2Advertisement'))
    await apiserver.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
    expect((await run('deploy/metallb.sh', '192.0.2.16/28')).stderr).toContain('its controller is not')
  })

  it('makes the pool where MetalLB is, but not in a dry run', async () => {
    const labels = { 'app.kubernetes.io/name': 'metallb', 'app.kubernetes.io/component': 'controller' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'controller', image: 'controller:1' }] } }
    await apply(namespace('lb'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'controller', namespace: 'lb', labels },
      spec: { selector: { matchLabels: labels }, template },
    })
    const pools = (): Promise<unknown> => get('ipaddresspools.metallb.io', '--namespace=lb')
    expect(await run('deploy/metallb.sh', '192.0.2.16/28', '--dry-run')).toMatchObject({ code: 0 })
    expect(await pools()).toMatchObject({ items: [] })
    expect(await run('deploy/metallb.sh', '192.0.2.16/28')).toMatchObject({ code: 0 })
    expect(await pools()).toMatchObject({ items: [{ spec: { addresses: ['192.0.2.16/28'], autoAssign: false } }] })
    expect(await get('l2advertisement', 'stoa', '--namespace=lb')).toMatchObject({ spec: { ipAddressPools: ['stoa'] } })
  })
})

describe('deploy/deploy.sh', () => {
  it('refuses what it does not know', async () => {
    expect(await run('deploy/deploy.sh', 'staging')).toMatchObject({ code: 64 })
    expect(await run('deploy/deploy.sh', 'base', '--image', 'x; id')).toMatchObject({ code: 64 })
  })

  it.each([
    ['deploy/deploy.sh', 'base'],
    ['deploy/metallb.sh', '192.0.2.16/28'],
    ['argocd/bootstrap.sh', 'dev'],
  ])('as %s, says why the cluster does not answer', async (script, what) => {
    expect(await run(script, what, '--context', 'nope')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not answer (error: context "nope" does not exist)') as string,
    })
  })

  it('installs everything, with the image that was asked for, and again without a change', async () => {
    expect(await run('deploy/deploy.sh', 'base', '--dry-run')).toMatchObject({ code: 0 })
    const args = ['base', '--no-wait', '--image', 'registry.example.com/dns/stoa:0.1.0']
    expect(await run('deploy/deploy.sh', ...args)).toMatchObject({ code: 0, stderr: '' })
    const deployment = await get('deployment', 'stoa', '--namespace=stoa-system')
    expect(deployment).toMatchObject({
      spec: { template: { spec: { containers: [{ image: 'registry.example.com/dns/stoa:0.1.0' }] } } },
    })
    expect(await run('deploy/deploy.sh', ...args)).toMatchObject({ code: 0 })
    const again = await get('deployment', 'stoa', '--namespace=stoa-system')
    expect(again['metadata']).toEqual(deployment['metadata'])
  })

  it('and the command of the guide upgrade the CRDs that the other has installed', async () => {
    const guide = await readFile(`${root}docs/guides/operations.md`, 'utf8')
    const [, words = ''] = /`kubectl (apply [^`]*) -k crds`/.exec(guide) ?? []
    const path = join(folder.path, 'crds/dns.stoa.dev_nodepools.yaml')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('description: ', 'description: Newer. '))
    const args = [...words.split(' '), '-k', join(folder.path, 'crds')]
    expect(await apiserver.kubectl(args)).toMatchObject({ code: 0, stderr: '' })
    await writeFile(path, text.replace('description: ', 'description: Newest. '))
    expect(await run('deploy/deploy.sh', 'base', '--no-wait')).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.stringify(await get('crd', 'nodepools.dns.stoa.dev'))).toContain('Newest. ')
    await writeFile(path, text)
  })

  it('does not take back what was set by hand, unless told to', async () => {
    const dryRun = (): Promise<string> => get('deployment', 'stoa', '--namespace=stoa-system').then(JSON.stringify)
    await apiserver.kubectl(['--namespace=stoa-system', 'set', 'env', 'deployment/stoa', 'STOA_DRY_RUN=true'])
    const { code, stderr } = await run('deploy/deploy.sh', 'base', '--no-wait')
    expect([code, stderr]).toEqual([1, expect.stringContaining('env[name="STOA_DRY_RUN"].value')])
    expect(await dryRun()).toContain('"STOA_DRY_RUN","value":"true"')
    expect(await run('deploy/deploy.sh', 'base', '--no-wait', '--force-conflicts')).toMatchObject({ code: 0 })
    expect(await dryRun()).toContain('"STOA_DRY_RUN","value":"false"')
  })

  it('leaves the ServiceMonitor out where there is no Prometheus operator, and makes it where there is', async () => {
    const first = await run('deploy/deploy.sh', 'production', '--no-wait')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('no Prometheus operator')
    expect(first.stdout).toContain('networkpolicy.networking.k8s.io/stoa serverside-applied')
    await apply(standIn('monitoring.coreos.com', 'v1', 'ServiceMonitor'))
    await apiserver.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
    const second = await run('deploy/deploy.sh', 'production', '--no-wait')
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).not.toContain('no Prometheus operator')
    expect(await get('servicemonitor', 'stoa', '--namespace=stoa-system')).toMatchObject({ kind: 'ServiceMonitor' })
  })

  it('removes what another overlay had, as long as it was the script that made it', async () => {
    const leftovers = async (): Promise<string> => {
      const kinds = ['get', 'poddisruptionbudget,servicemonitor', '--namespace=stoa-system', '--output=name']
      return (await apiserver.kubectl(kinds)).stdout
    }
    const both = await leftovers()
    expect(both.trim().split('\n')).toHaveLength(2)
    const tried = await run('deploy/deploy.sh', 'development', '--dry-run', '--force-conflicts')
    expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining('deleted (server dry run)') as string })
    expect(await leftovers()).toBe(both)
    expect(await run('deploy/deploy.sh', 'development', '--no-wait')).toMatchObject({ code: 0, stderr: '' })
    expect(await leftovers()).toBe('')
    const metadata = { name: 'stoa', namespace: 'stoa-system' }
    await apply({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { minAvailable: 1 } })
    expect(await run('deploy/deploy.sh', 'development', '--no-wait')).toMatchObject({ code: 0, stderr: '' })
    expect(await leftovers()).toBe('poddisruptionbudget.policy/stoa\n')
    await apiserver.kubectl(['--namespace=stoa-system', 'delete', 'poddisruptionbudget', 'stoa'])
  })
})

describe('the components for a kustomization of Argo CD', () => {
  it('merge into what is there', async () => {
    const maps = ['argocd-cm', 'argocd-rbac-cm', 'argocd-notifications-cm'].map((name) =>
      configMap(name, { theirs: 'kept' }),
    )
    const template = {
      spec: {
        containers: [{ name: 'argocd-repo-server', image: 'argocd:1' }],
        volumes: [{ name: 'plugins', emptyDir: {} }],
      },
    }
    const metadata = { name: 'argocd-repo-server', namespace: 'argocd' }
    const server = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template } }
    const kustomization = { resources: ['theirs.yaml'], components: ['../argocd/config', '../argocd/cmp'] }
    await mkdir(join(folder.path, 'theirs'))
    await writeFile(
      join(folder.path, 'theirs/theirs.yaml'),
      [...maps, server].map((object) => stringify(object)).join('---\n'),
    )
    await writeFile(join(folder.path, 'theirs/kustomization.yaml'), stringify(kustomization))
    const rendered = await renderKustomization(join(folder.path, 'theirs'))
    for (const object of rendered.filter(({ metadata }) => /^argocd-.*cm$/.test(metadata.name)))
      expect(Object.keys((object as unknown as { data: object }).data)).toEqual(expect.arrayContaining(['theirs']))
    const patched = rendered.find(({ kind }) => kind === 'Deployment')
    expect(patched).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [{ name: 'stoa-cmp' }, { name: 'argocd-repo-server' }],
            volumes: expect.arrayContaining([
              { name: 'stoa-cmp-plugin', configMap: { name: expect.stringMatching(/^stoa-cmp-plugin-/) as string } },
            ]) as unknown,
          },
        },
      },
    })
  })
})

it.skipIf(findOnPath('shellcheck') === undefined)(
  'every shell script passes shellcheck (where that is installed)',
  async () => {
    const scripts = ['argocd/bootstrap.sh', 'deploy/deploy.sh', 'deploy/metallb.sh', 'scripts/sbom.sh']
    const result = await runCommand(
      'shellcheck',
      scripts.map((script) => `${root}${script}`),
    )
    expect(result).toMatchObject({ code: 0, stdout: '' })
  },
)

describe('the samples of the Argo CD scripts', () => {
  it('are objects that the apiserver takes, status and all', async () => {
    await apply(namespace('web'), namespace('dns'))
    await apiserver.kubectl(['apply', '--server-side', '--force-conflicts', '--kustomize', `${root}crds`])
    await apiserver.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
    const { stdout } = await runCommand('find', [`${root}argocd/resource_customizations`, '-path', '*/testdata/*.yaml'])
    const files = stdout.trim().split('\n')
    expect(files.length).toBeGreaterThan(40)
    for (const file of files) {
      // What the apiserver itself gives, and refuses to be told.
      const text = (await readFile(file, 'utf8')).replaceAll(
        /^ {2}(uid|resourceVersion|generation|creationTimestamp|deletion\w+):.*\n/gm,
        '',
      )
      const create = ['apply', '--server-side', '--force-conflicts', '--validate=strict', '--filename=-']
      expect(await apiserver.kubectl(create, { stdin: text }), file).toMatchObject({ code: 0, stderr: '' })
      expect(await apiserver.kubectl([...create, '--subresource=status'], { stdin: text }), file).toMatchObject({
        code: 0,
      })
    }
  })
})
