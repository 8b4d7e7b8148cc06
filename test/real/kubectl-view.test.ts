// The read-only view through the real kubectl, as a person without a cluster uses it.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { renderKubeconfig } from '../../src/serve/kubectl-view/render-kubeconfig.ts'
import { openViewBench, rawNode, rawRecord, type ViewBench } from '../support/view-bench.ts'
import { findBinary } from './support/binaries.ts'
import { createTempDir, forgetPid, rememberPid, type TempDir } from './support/leftovers.ts'
import { runCommand, type CommandResult } from './support/process.ts'

let binary: string
let home: TempDir
let bench: ViewBench

beforeAll(async () => {
  binary = await findBinary('kubectl')
  home = await createTempDir('kubectl')
})
afterAll(() => home.remove())

beforeEach(async () => {
  bench = await openViewBench([
    rawRecord('shop', { labels: { team: 'web' } }),
    rawRecord('mail', { ready: 'False', mode: 'PlanAll', labels: { team: 'ops' } }),
    rawRecord('home', { namespace: 'home' }),
    rawNode('node-1', 'True'),
    rawNode('node-2', 'False'),
  ])
  return () => bench.server.close()
})

const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home.path, KUBECONFIG: '/dev/null' })
const kubectl = (args: string, stdin = ''): Promise<CommandResult> =>
  runCommand(binary, ['--server', bench.url, ...args.split(' ')], { env: environment(), stdin })

/** The lines of an answer that must have come without a word of complaint, columns set apart by one space. */
async function lines(args: string): Promise<readonly string[]> {
  const { stdout, stderr, code } = await kubectl(args)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout.trim().split('\n').map(squeeze)
}

function squeeze(line: string): string {
  return line.trim().replace(/ +/g, ' ')
}

describe('kubectl get', () => {
  it('shows the columns of the CRD, in all namespaces', async () => {
    expect(await lines('get dynamicdnsrecords -A')).toEqual([
      'NAMESPACE NAME HOSTNAME ADDRESSES READY REASON AGE',
      'home home home.example.com 203.0.113.7 True Succeeded 60m',
      'web mail mail.example.com 203.0.113.7 False NotOwned 60m',
      'web shop shop.example.com 203.0.113.7 True Succeeded 60m',
    ])
  })

  it('shows more with -o wide', async () => {
    expect(await lines('get ddr shop -n web -o wide')).toEqual([
      'NAME HOSTNAME ADDRESSES READY REASON AGE PROVIDERS TTL MESSAGE',
      'shop shop.example.com 203.0.113.7 True Succeeded 60m dns/main 300 as wanted',
    ])
  })

  it('gives the object as YAML, JSON and by JSON path', async () => {
    expect(await lines('get ddr shop -n web -o yaml')).toContain('addresses: 203.0.113.7')
    const { stdout } = await kubectl('get ddr -n web -o json')
    expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(2)
    expect(await lines('get ddr shop -n web -o jsonpath={.status.addresses}')).toEqual(['203.0.113.7'])
    expect(await lines('get ddr -n web -o name')).toEqual([
      'dynamicdnsrecord.dns.stoa.dev/mail',
      'dynamicdnsrecord.dns.stoa.dev/shop',
    ])
  })

  it('knows short names, the category and nodes', async () => {
    expect(await lines('get nodes')).toEqual([
      'NAME STATUS AGE',
      'node-1 Ready 24h',
      'node-2 NotReady,SchedulingDisabled 24h',
    ])
    expect(await lines('get stoa -A -o name')).toHaveLength(3)
    expect((await kubectl('get wan,dnspool,dnsp -A')).stderr.trim()).toBe('No resources found')
  })

  it.each([
    ['-l team=web', ['shop']],
    ['-l team!=web', ['home', 'mail']],
    ['-l team', ['mail', 'shop']],
    ['-l !team', ['home']],
    ['-l team=web,team=ops', []],
    ['--field-selector metadata.name=mail', ['mail']],
    ['--field-selector metadata.namespace!=web', ['home']],
    ['--field-selector spec.mode=PlanAll,spec.providerRef.name=main', ['mail']],
  ])('selects with %s', async (selector, names) => {
    const { stdout } = await kubectl(`get ddr -A ${selector} -o jsonpath={.items[*].metadata.name}`)
    expect(stdout.split(' ').filter((name) => name !== '')).toEqual(names)
  })

  it('selects with a set', async () => {
    const { stdout } = await runCommand(
      binary,
      ['--server', bench.url, 'get', 'ddr', '-A', '-l', 'team in (web, ops),team notin (ops)', '-o', 'name'],
      { env: environment() },
    )
    expect(stdout.trim()).toBe('dynamicdnsrecord.dns.stoa.dev/shop')
  })

  it('says what cannot be selected or is not there', async () => {
    expect((await kubectl('get ddr -A --field-selector spec.suspend=true')).stderr).toContain(
      'field label not supported: spec.suspend',
    )
    const missing = await kubectl('get ddr nobody -n web')
    expect(missing.code).toBe(1)
    expect(missing.stderr.trim()).toBe(
      'Error from server (NotFound): dynamicdnsrecords.dns.stoa.dev "nobody" not found',
    )
  })

  it('works with the kubeconfig that we write', async () => {
    const file = join(home.path, 'config')
    await writeFile(file, renderKubeconfig(bench.server.port))
    const { stdout } = await runCommand(binary, ['--kubeconfig', file, 'get', 'ddr', '-A', '-o', 'name'], {
      env: environment(),
    })
    expect(stdout).toContain('dynamicdnsrecord.dns.stoa.dev/shop')
  })

  it('explains and describes', async () => {
    expect(await lines('explain ddr.spec.ttlSeconds')).toContain('FIELD: ttlSeconds <integer>')
    expect((await kubectl('explain ddr.spec.targets')).stdout).toContain('Where the names should lead.')
    expect((await kubectl('explain ddr.spec.targets')).stdout).not.toContain('<no description>')
    expect((await kubectl('describe ddr shop -n web')).stdout).toContain('203.0.113.7')
  })
})

describe('kubectl get --watch', () => {
  it('prints each change as it happens, selectors included', async () => {
    const watch = startWatch('get ddr -n web -l team=web --watch -o name')
    await watch.until((text) => text.includes('/shop'))
    bench.put(rawRecord('mail', { labels: { team: 'web' } }))
    await watch.until((text) => text.includes('/mail'))
    bench.put(rawRecord('other', { labels: { team: 'ops' } }))
    bench.put(rawRecord('last', { labels: { team: 'web' } }))
    await watch.until((text) => text.includes('/last'))
    expect(await watch.end()).not.toContain('/other')
  })

  it('prints tables, deletions included', async () => {
    const watch = startWatch('get ddr -n web --watch --output-watch-events')
    await watch.until((text) => text.includes('shop'))
    bench.put(rawRecord('mail', { ready: 'True' }))
    await watch.until((text) => /MODIFIED\s+mail\s+mail.example.com\s+203.0.113.7\s+True/.test(text))
    bench.remove('DynamicDNSRecord', 'shop', 'web')
    await watch.until((text) => /DELETED\s+shop/.test(text))
    await watch.end()
  })
})

describe('kubectl wait', () => {
  it('returns at once for what is ready', async () => {
    expect(await lines('wait --for=condition=Ready ddr/shop -n web --timeout=5s')).toEqual([
      'dynamicdnsrecord.dns.stoa.dev/shop condition met',
    ])
  })

  it('returns when it becomes ready', async () => {
    const waiting = kubectl('wait --for=condition=Ready ddr/mail -n web --timeout=20s')
    await delay(500)
    bench.put(rawRecord('mail', { ready: 'True' }))
    expect((await waiting).stdout.trim()).toBe('dynamicdnsrecord.dns.stoa.dev/mail condition met')
  })

  it('returns when it is gone', async () => {
    const waiting = kubectl('wait --for=delete ddr/mail -n web --timeout=20s')
    await delay(500)
    bench.remove('DynamicDNSRecord', 'mail', 'web')
    expect(await waiting).toMatchObject({ code: 0 })
  })

  it('fails in time for what does not', async () => {
    const { code, stderr } = await kubectl('wait --for=condition=Ready ddr/mail -n web --timeout=1s')
    expect(code).toBe(1)
    expect(stderr).toContain('timed out waiting for the condition')
  })
})

describe('a write', () => {
  const manifest = JSON.stringify(rawRecord('new'))

  it.each([
    ['create -f -', 'dynamicdnsrecords.dns.stoa.dev are read-only here: add the object to a file in Git and commit'],
    ['apply -f -', 'dynamicdnsrecords.dns.stoa.dev are read-only here: add the object to a file in Git and commit'],
    [
      'delete ddr shop -n web',
      'dynamicdnsrecords.dns.stoa.dev "shop" is read-only here: change it in Git: dns/shop.yaml',
    ],
    [
      'annotate ddr shop -n web a=b',
      'dynamicdnsrecords.dns.stoa.dev "shop" is read-only here: change it in Git: dns/shop.yaml',
    ],
  ])('is refused with the remedy: %s', async (args, message) => {
    const { code, stderr } = await kubectl(args, manifest)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })
})

interface RunningWatch {
  readonly until: (seen: (text: string) => boolean) => Promise<void>
  /** Everything it wrote. */
  readonly end: () => Promise<string>
}

function startWatch(args: string): RunningWatch {
  const child = spawn(binary, ['--server', bench.url, ...args.split(' ')], { env: environment() })
  const { pid = 0 } = child
  rememberPid(pid)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  return {
    until: (seen) => expect.poll(() => seen(text), { timeout: 10_000, message: text }).toBe(true),
    async end() {
      child.kill('SIGTERM')
      await ended
      forgetPid(pid)
      return text
    },
  }
}
