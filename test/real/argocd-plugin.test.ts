// The plugin and the actions in the hands of a real Argo CD; where its parts are installed. Stoa's controller does not run here.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { startApiserver, type Apiserver } from './support/apiserver.ts'
import { startArgocdApi, startPluginServer, type ArgocdApi } from './support/argocd-parts.ts'
import { commitFolder, findMissingForArgocd, installArgocd, startArgocd, type Argocd } from './support/argocd.ts'
import { createTempDir, type TempDir } from './support/leftovers.ts'
import { runCommand, type RunningServer } from './support/process.ts'

const missing = findMissingForArgocd()
const why = missing === undefined ? '' : ` (skipped: ${missing})`
const root = fileURLToPath(new URL('../../', import.meta.url))

let folder: TempDir
let apiserver: Apiserver
let argocd: Argocd
let plugin: RunningServer
let api: ArgocdApi

interface Application {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly status?: {
    readonly sync?: { readonly status?: string }
    readonly conditions?: readonly { readonly type: string; readonly message: string }[]
    readonly operationState?: object
    readonly resources?: readonly { readonly name: string; readonly health?: { readonly status: string } }[]
  }
}

interface DnsRecord {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: { readonly suspend?: boolean; readonly hostnames: readonly string[] }
}

const repository = (): string => join(folder.path, 'dns')

const record = (name: string, hostname: string): string =>
  stringify({
    ...{ apiVersion: 'dns.stoa.dev/v1alpha1', kind: 'DynamicDNSRecord', metadata: { name } },
    spec: { hostnames: [hostname], targets: [{ addresses: ['192.0.2.1'] }] },
  })

async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args, stdin === undefined ? {} : { stdin })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

async function commit(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) await rm(join(repository(), name))
    else await writeFile(join(repository(), name), text)
  }
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.test']
  for (const args of [
    ['add', '--all'],
    ['commit', '--quiet', '--message', 'change'],
  ]) {
    const { code, stderr } = await runCommand('git', [...identity, ...args], { cwd: repository() })
    if (code !== 0) throw new Error(stderr)
  }
}

async function application(): Promise<Application> {
  return (await apiserver.request('GET', '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/dns'))
    .body as Application
}

async function shop(): Promise<DnsRecord> {
  return JSON.parse(
    await kubectl(['get', 'dynamicdnsrecords', 'shop', '--namespace=dns', '--output=json']),
  ) as DnsRecord
}

const syncStatus = async (): Promise<string | undefined> => (await application()).status?.sync?.status
const healthOfShop = async (): Promise<string | undefined> =>
  (await application()).status?.resources?.find(({ name }) => name === 'shop')?.health?.status
const complaint = async (): Promise<string> =>
  (await application()).status?.conditions?.find(({ type }) => type === 'ComparisonError')?.message ?? ''

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000
  while (!(await isSo())) {
    if (Date.now() > deadline) {
      const { status } = await application()
      throw new Error(`not so: ${what}\n${JSON.stringify(status, undefined, 1)}\n${plugin.output().slice(-2_000)}`)
    }
    await delay(250)
  }
}

/** Has Argo CD compare everything anew; without it, what is read may be from before the last change. */
async function lookAgain(): Promise<void> {
  const asked = 'argocd.argoproj.io/refresh'
  await kubectl(['annotate', 'applications.argoproj.io', 'dns', '--namespace=argocd', `${asked}=hard`])
  await until('it has looked', async () => (await application()).metadata.annotations?.[asked] === undefined)
}

describe.skipIf(missing !== undefined)(`the plugin and the actions in Argo CD${why}`, () => {
  beforeAll(async () => {
    folder = await createTempDir('argocd-plugin')
    const files = join(folder.path, 'files')
    await mkdir(files)
    await writeFile(join(files, 'shop.yaml'), record('shop', 'shop.example.com'))
    await writeFile(join(files, 'other.yaml'), record('other', 'shop.example.com'))
    await commitFolder(files, repository())
    apiserver = await startApiserver()
    await installArgocd(apiserver)
    await kubectl(['apply', '--server-side', '--kustomize', `${root}crds`])
    await kubectl(['create', 'namespace', 'dns'])
    const patch = `${root}argocd/config/argocd-cm-patch.yaml`
    await kubectl(['patch', 'configmap', 'argocd-cm', '--namespace=argocd', `--patch-file=${patch}`])
    argocd = await startArgocd(apiserver)
    plugin = await startPluginServer(argocd)
    api = await startArgocdApi(argocd)
    await kubectl(['apply', '--server-side', '--filename=-'], await describeApplication())
  }, 180_000)
  afterAll(async () => {
    await api?.stop()
    await plugin?.stop()
    await argocd?.stop()
    await apiserver?.stop()
    await folder?.remove()
  })

  /** The application of the records as shipped, with the plugin, and the project that it is in. */
  async function describeApplication(): Promise<string> {
    const repoURL = `file://${repository()}`
    const project = parse(await readFile(`${root}argocd/projects/stoa.yaml`, 'utf8')) as { spec: object }
    const records = parse(await readFile(`${root}argocd/apps/base/records.yaml`, 'utf8')) as {
      metadata: object
      spec: { syncPolicy: object }
    }
    const source = { repoURL, targetRevision: 'main', path: '.', plugin: { name: 'stoa-v0.1' } }
    const syncPolicy = { ...records.spec.syncPolicy, automated: { prune: true, selfHeal: true } }
    const metadata = { ...records.metadata, name: 'dns', finalizers: [] }
    return [
      stringify({ ...project, spec: { ...project.spec, sourceRepos: [repoURL] } }),
      stringify({ ...records, metadata, spec: { ...records.spec, source, syncPolicy } }),
    ].join('---\n')
  }

  it('has nothing synced of a commit in which two records claim one name, and is told where', async () => {
    await until('it complains', async () => (await complaint()) !== '')
    expect(await complaint()).toMatch(/(other|shop)\.yaml:\d+:\d+: error: .*shop\.example\.com/)
    expect(await kubectl(['get', 'dynamicdnsrecords', '--namespace=dns', '--output=name'])).toBe('')
  }, 300_000)

  it('syncs the commit that mends it, and sees no difference afterwards', async () => {
    await commit({ 'other.yaml': record('other', 'other.example.com') })
    await until('it is Synced', async () => (await syncStatus()) === 'Synced')
    expect((await shop()).metadata.annotations).toMatchObject({ 'dns.stoa.dev/source-file': 'shop.yaml' })
    const lastSync = (await application()).status?.operationState
    for (let looks = 0; looks < 3; looks += 1) await lookAgain()
    expect([await complaint(), await syncStatus()]).toEqual(['', 'Synced'])
    expect((await application()).status?.operationState).toEqual(lastSync)
  }, 300_000)

  it('deletes nothing when the tree has become empty', async () => {
    const texts = {
      'shop.yaml': record('shop', 'shop.example.com'),
      'other.yaml': record('other', 'other.example.com'),
    }
    await commit({ 'shop.yaml': '# nothing\n', 'other.yaml': '# nothing\n' })
    await until('it complains', async () => (await complaint()).includes('Argo CD would delete what it has'))
    expect((await shop()).spec.hostnames).toEqual(['shop.example.com'])
    await commit(texts)
    await until('it is Synced', async () => (await complaint()) === '' && (await syncStatus()) === 'Synced')
  }, 300_000)

  const resource = {
    ...{ namespace: 'dns', resourceName: 'shop' },
    ...{ group: 'dns.stoa.dev', version: 'v1alpha1', kind: 'DynamicDNSRecord' },
  }
  const run = (action: string): Promise<unknown> =>
    api.request('POST', '/applications/dns/resource/actions/v2', { name: 'dns', ...resource, action })

  it('offers the actions of a record', async () => {
    const query = new URLSearchParams(resource).toString()
    const { actions } = (await api.request('GET', `/applications/dns/resource/actions?${query}`)) as {
      actions: readonly { name: string; disabled?: boolean }[]
    }
    expect(actions.map(({ name, disabled = false }) => [name, disabled]).sort()).toEqual([
      ['pause', false],
      ['refresh', false],
      ['resume', true],
    ])
  }, 60_000)

  it('asks for a look by refresh', async () => {
    await run('refresh')
    expect(Object.keys((await shop()).metadata.annotations ?? {})).toContain('dns.stoa.dev/requestedAt')
  }, 60_000)

  it('pauses a record, which self-heal leaves alone, and resumes it', async () => {
    await run('pause')
    await until('it is Suspended', async () => (await healthOfShop()) === 'Suspended')
    for (let looks = 0; looks < 3; looks += 1) await lookAgain()
    expect([(await shop()).spec.suspend, await syncStatus()]).toEqual([true, 'Synced'])
    await run('resume')
    await until('it goes on', async () => (await healthOfShop()) === 'Progressing')
    expect([(await shop()).spec.suspend, await syncStatus()]).toEqual([undefined, 'Synced'])
  }, 300_000)
})
