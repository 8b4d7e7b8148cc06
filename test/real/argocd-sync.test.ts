// From `argocd/bootstrap.sh dev` to a record in DNS with a real Argo CD, over Git folders; where its parts are installed.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { PowerDnsFake } from '../fakes/powerdns-fake.ts'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { commitFolder, findMissingForArgocd, installArgocd, startArgocd, type Argocd } from './support/argocd.ts'
import { CONTROLLER_USER } from './support/controller.ts'
import { startGarbageCollector } from './support/garbage-collector.ts'
import { createTempDir, type TempDir } from './support/leftovers.ts'
import { startPod } from './support/pod.ts'
import { runCommand, type RunningServer } from './support/process.ts'

const missing = findMissingForArgocd()
const why = missing === undefined ? '' : ` (skipped: ${missing})`
const root = fileURLToPath(new URL('../../', import.meta.url))

let folder: TempDir
let apiserver: Apiserver
let provider: PowerDnsFake
let argocd: Argocd
let stoa: RunningServer | undefined
let stopCollecting: (() => Promise<void>) | undefined

interface Condition {
  readonly type: string
  readonly message: string
}

interface Application {
  readonly status?: {
    readonly sync?: { readonly status?: string }
    readonly health?: { readonly status?: string }
    readonly conditions?: readonly Condition[]
    readonly operationState?: { readonly phase?: string; readonly message?: string }
    readonly resources?: readonly {
      readonly kind: string
      readonly name: string
      readonly status?: string
      readonly health?: { readonly status: string; readonly message?: string }
    }[]
  }
}

const dnsRepository = (): string => join(folder.path, 'dns')
const object = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'dns.stoa.dev/v1alpha1',
  ...{ kind, metadata: { name }, spec },
})
const shop = (addresses: readonly string[], more: object = {}): object =>
  object('DynamicDNSRecord', 'shop', { hostnames: ['shop.example.com'], targets: [{ addresses }], ...more })

async function git(...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.test']
  const { code, stderr } = await runCommand('git', [...identity, ...args], { cwd: dnsRepository() })
  if (code !== 0) throw new Error(stderr)
}

/** Puts the object into the repository with the records, as a merged pull request does. */
async function commit(file: string, content: object | undefined): Promise<void> {
  const path = join(dnsRepository(), 'overlays/dev', file)
  if (content === undefined) await rm(path)
  else await writeFile(path, stringify(content))
  await git('add', '--all')
  await git('commit', '--quiet', '--message', `change ${file}`)
}

async function application(name: string): Promise<Application> {
  const { body } = await apiserver.request('GET', `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`)
  return body as Application
}

function healthOf({ status }: Application, name: string): string {
  const found = status?.resources?.find((one) => one.name === name)
  return `${found?.status} ${found?.health?.status ?? ''}: ${found?.health?.message ?? ''}`
}

const standing = ({ status }: Application): string => `${status?.sync?.status} ${status?.health?.status}`

async function until(what: string, isSo: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not so after ${withinMs} ms: ${what}\n${await describeAll()}`)
    await delay(250)
  }
}

async function describeAll(): Promise<string> {
  const names = ['stoa-dev', 'stoa-crds-dev', 'stoa-controller-dev', 'stoa-records-dev']
  const all = await Promise.all(names.map(async (name) => [name, (await application(name)).status] as const))
  return `${JSON.stringify(all, undefined, 1)}\n${argocd.output().slice(-4_000)}\n${stoa?.output().slice(-2_000)}`
}

const valuesOf = (name: string): readonly string[] | undefined =>
  provider.get(`${name}.example.com`, 'A')?.records.map(({ content }) => content)

describe.skipIf(missing !== undefined)(`Stoa in the hands of Argo CD${why}`, () => {
  beforeAll(async () => {
    folder = await createTempDir('argocd-sync')
    provider = await PowerDnsFake.start('example.com')
    apiserver = await startApiserver({ identities: [{ user: CONTROLLER_USER }] })
    await writeRepositories()
    await installArgocd(apiserver)
    stopCollecting = startGarbageCollector(apiserver)
    argocd = await startArgocd(apiserver)
  }, 120_000)
  afterAll(async () => {
    await stoa?.stop()
    await argocd?.stop()
    await stopCollecting?.()
    await apiserver?.stop()
    await provider?.http.stop()
    await folder?.remove()
  })

  async function writeRepositories(): Promise<void> {
    const overlay = join(folder.path, 'dns-files/overlays/dev')
    await mkdir(overlay, { recursive: true })
    // Else it would go at the same moment as the records that are to be taken out of DNS with it.
    const annotations = { 'argocd.argoproj.io/sync-options': 'Delete=false' }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'powerdns', annotations } }
    await writeFile(join(overlay, 'secret.yaml'), stringify({ ...secret, stringData: { apiKey: provider.key } }))
    const main = {
      ...{ type: 'PowerDNS', zones: ['example.com'], credentialsSecretRef: { name: 'powerdns' } },
      powerdns: { endpoint: provider.http.url },
      guard: { maxDeletePercent: 100 },
    }
    await writeFile(join(overlay, 'provider.yaml'), stringify(object('DNSProvider', 'main', main)))
    await writeFile(join(overlay, 'shop.yaml'), stringify(shop(['192.0.2.1'])))
    await commitFolder(join(folder.path, 'dns-files'), dnsRepository())
    const shipped = join(folder.path, 'stoa-files')
    for (const part of ['argocd', 'charts', 'crds']) {
      await cp(join(root, part), join(shipped, part), { recursive: true })
    }
    const settings = join(shipped, 'argocd/settings/dev/settings.yaml')
    const text = await readFile(settings, 'utf8')
    const here = text
      .replaceAll('https://git.example.com/platform/', `file://${folder.path}/`)
      .replaceAll('.git\n', '\n')
    await writeFile(settings, here)
    await commitFolder(shipped, join(folder.path, 'stoa'))
  }

  it('syncs the CRDs, the controller and the records, one after the other', async () => {
    const env = { ...process.env, KUBECONFIG: apiserver.kubeconfigPath, HOME: folder.path }
    const args = [join(folder.path, 'stoa/argocd/bootstrap.sh'), 'dev', '--with-application-health']
    expect(await runCommand('bash', args, { env })).toMatchObject({ code: 0 })
    await until('the Deployment is there', async () => (await deployment()).status === 200)
    stoa = await startPod(apiserver, {
      name: 'stoa-0',
      deployment: 'stoa',
      namespace: 'stoa-system',
      folder: folder.path,
    })
    await sayThatItRuns()
    for (const name of ['stoa-crds-dev', 'stoa-controller-dev', 'stoa-records-dev', 'stoa-dev']) {
      await until(`${name} is Synced and Healthy`, async () => standing(await application(name)) === 'Synced Healthy')
    }
    expect(valuesOf('shop')).toEqual(['192.0.2.1'])
  }, 300_000)

  const deployment = () => apiserver.request('GET', '/apis/apps/v1/namespaces/stoa-system/deployments/stoa')

  /** Here is nobody else who would: no scheduler, no kubelet. */
  async function sayThatItRuns(): Promise<void> {
    const { body } = await deployment()
    const { metadata, spec } = body as { metadata: { generation: number }; spec: { replicas: number } }
    const { replicas } = spec
    const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas }
    const conditions = [{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' }]
    const status = { observedGeneration: metadata.generation, ...counts, conditions }
    await apiserver.request('PATCH', '/apis/apps/v1/namespaces/stoa-system/deployments/stoa/status', { status })
  }

  it('brings a commit into DNS, and sees no difference where there is none', async () => {
    await commit('shop.yaml', shop(['192.0.2.2']))
    await until('the new address is in DNS', () => Promise.resolve(valuesOf('shop')?.join() === '192.0.2.2'))
    const name = 'stoa-records-dev'
    await until(`${name} is at rest`, async () => standing(await application(name)) === 'Synced Healthy')
    const syncsOf = async (): Promise<unknown> => (await application(name)).status?.operationState
    const before = await syncsOf()
    // Several looks of Argo CD, which would heal a difference of its own.
    await delay(15_000)
    expect(standing(await application(name))).toBe('Synced Healthy')
    expect(await syncsOf()).toEqual(before)
  }, 300_000)

  it('shows a record that needs a person, in its words, and one that is paused', async () => {
    provider.seed('theirs.example.com', 'A', ['198.51.100.7'])
    const theirs = { hostnames: ['theirs.example.com'], targets: [{ addresses: ['192.0.2.3'] }] }
    await commit('theirs.yaml', object('DynamicDNSRecord', 'theirs', theirs))
    const health = async (name: string): Promise<string> => healthOf(await application('stoa-records-dev'), name)
    await until('it is Degraded', async () => (await health('theirs')).includes('Degraded'))
    expect(await health('theirs')).toMatch(/^Synced Degraded: A theirs\.example\.com already holds 198\.51\.100\.7/)
    await commit('shop.yaml', shop(['192.0.2.2'], { suspend: true }))
    await until('it is Suspended', async () => (await health('shop')).includes('Suspended'))
    await commit('shop.yaml', shop(['192.0.2.2']))
    await commit('theirs.yaml', undefined)
    await until('all is well again', async () => standing(await application('stoa-records-dev')) === 'Synced Healthy')
    expect(valuesOf('theirs')).toEqual(['198.51.100.7'])
  }, 300_000)

  it('takes a record out of DNS whose file is gone', async () => {
    await commit('shop.yaml', undefined)
    await until('it is gone', () => Promise.resolve(valuesOf('shop') === undefined))
    await until('the rest is well', async () => standing(await application('stoa-records-dev')) === 'Synced Healthy')
  }, 300_000)

  const providerPath = '/apis/dns.stoa.dev/v1alpha1/namespaces/dns/dnsproviders/main'
  async function findHeldPlan(): Promise<string | undefined> {
    const { status } = (await apiserver.request('GET', providerPath)).body as {
      status?: { zones?: readonly { heldPlan?: { hash: string } }[] }
    }
    return status?.zones?.[0]?.heldPlan?.hash
  }

  it('takes its records out of DNS when the application with them is deleted and the guard is answered', async () => {
    await commit('shop.yaml', shop(['192.0.2.2']))
    await until('it is there', () => Promise.resolve(valuesOf('shop') !== undefined))
    const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications'
    await apiserver.request('DELETE', `${path}/stoa-dev`)
    // Two of two within the window of the guard: all that Stoa has in the zone.
    await until('the guard asks', async () => (await findHeldPlan()) !== undefined)
    expect(valuesOf('shop')).toEqual(['192.0.2.2'])
    const annotations = { 'dns.stoa.dev/approve': await findHeldPlan() }
    await apiserver.request('PATCH', providerPath, { metadata: { annotations } })
    const left = async (): Promise<number> =>
      ((await apiserver.request('GET', path)).body as { items: [] }).items.length
    await until('every application is gone', async () => (await left()) === 0)
    expect(valuesOf('shop')).toBeUndefined()
    expect((await apiserver.request('GET', '/apis/dns.stoa.dev/v1alpha1/dynamicdnsrecords')).status).toBe(200)
  }, 300_000)
})
