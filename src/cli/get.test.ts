import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runCommand } from '../../test/support/command-bench.ts'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'

const READY = {
  addresses: '192.0.2.1',
  conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'all is as wanted' }],
}
const RECORD = { spec: { hostnames: ['www.shop.test'], ttlSeconds: 300 }, status: READY }

describe('in a cluster, stoa get', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    bench.put('DynamicDNSRecord', 'web/www', RECORD)
    bench.put('DynamicDNSRecord', 'other/api', RECORD)
    bench.put('NodePool', 'web/edge', { status: { members: { active: 2, total: 3 } } })
    bench.put('Node', 'n1')
  })
  afterEach(() => bench.stop())

  it('shows the columns of the CRD, in the namespace of the context', async () => {
    const { code, stdout } = await bench.run('get', 'records')
    expect(code).toBe(0)
    const [header = '', row = '', ...more] = stdout.trimEnd().split('\n')
    expect(header.split(/ {3,}/)).toEqual(['NAME', 'HOSTNAME', 'ADDRESSES', 'READY', 'REASON', 'AGE'])
    expect(row).toMatch(/^www +www\.shop\.test +192\.0\.2\.1 +True +Succeeded +\d+\w$/)
    expect(more).toEqual([])
  })

  it('shows all namespaces with -A, and what is wide with -o wide', async () => {
    const { stdout } = await bench.run('get', 'ddr', '-A', '-o', 'wide')
    expect(stdout.split('\n').map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
      'NAMESPACE NAME',
      'other api',
      'web www',
      '',
    ])
    expect(stdout).toContain('all is as wanted')
  })

  it('shows every kind of ours without one, each with names to paste', async () => {
    const { stdout } = await bench.run('get')
    expect(stdout).toMatch(/^NAME [^]*\ndynamicdnsrecord\/www [^]*\n\nNAME [^]*\nnodepool\/edge +2 +3/)
    expect(stdout).not.toContain('n1')
  })

  it('gives one object, or a list, as kubectl would', async () => {
    const one = await bench.run('get', 'record', 'api', '-n', 'other', '-o', 'json')
    expect(JSON.parse(one.stdout)).toMatchObject({ kind: 'DynamicDNSRecord', metadata: { name: 'api' }, status: READY })
    const list = await bench.run('get', 'dynamicdnsrecords.dns.stoa.dev', '-o', 'yaml')
    expect(parse(list.stdout)).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'www' } }] })
  })

  it.each([
    [['record/www'], 'www'],
    [['ddr/web/www'], 'www'],
    [['record', 'web/www'], 'www'],
    [['records.dns.stoa.dev/other/api'], 'api'],
    [['dynamicdnsrecord/api', '-n', 'other'], 'api'],
    [['record', 'api', '-A'], 'api'],
    [['node/n1'], 'n1'],
    [['no', 'n1'], 'n1'],
  ])('takes %j for one object', async (args, name) => {
    const { stdout, stderr } = await bench.run('get', ...args, '-o', 'json')
    expect(JSON.parse(stdout), stderr).toMatchObject({ metadata: { name } })
  })

  it('lists nodes, which have no namespace', async () => {
    expect((await bench.run('get', 'nodes', '-A')).stdout).toMatch(/^NAME +STATUS +AGE\nn1 +Unknown/)
  })

  it.each([
    [
      ['pool', 'lost'],
      1,
      'error: there is no NodePool lost in namespace web; --namespace chooses another (cluster http',
    ],
    [['node', 'n2'], 1, 'error: there is no Node n2 (cluster http'],
    [['record/www', 'api'], 64, 'error: record/www names one object: leave out api'],
    [['record/web/www', '-n', 'other'], 64, 'error: record/web/www names namespace web, and --namespace says other'],
    [['record/'], 64, 'error: record/ names no object: write NAME'],
    [['web/www'], 64, 'error: web is no kind that Stoa knows: there are dynamicdnsrecords (ddr)'],
    [['node/web/n1'], 64, 'error: node/web/n1: a Node has no namespace: write n1'],
    [['records', '-n', ''], 64, 'error: --namespace: an empty text is no namespace name\nsee stoa get --help'],
    [['records', '-n', 'No'], 64, 'error: --namespace: No is no namespace name'],
    [['gizmo'], 64, 'error: gizmo is no kind that Stoa knows: there are dynamicdnsrecords (ddr)'],
    [['records', '-A', '-n', 'web'], 64, 'error: --namespace and --all-namespaces: give one of them'],
  ] as const)('%j fails with %i', async (args, code, message) => {
    const outcome = await bench.run('get', ...args)
    expect({ code: outcome.code, begins: outcome.stderr.slice(0, message.length) }).toEqual({ code, begins: message })
  })

  it('says which right is missing', async () => {
    bench.fake.fault = () => ({ status: 403 })
    const { code, stderr } = await bench.run('get', 'records')
    expect(code).toBe(1)
    expect(stderr).toContain('grant the verb "list" on "dynamicdnsrecords"')
  })
})

describe('without a cluster, stoa get', () => {
  let bench: GitDailyBench
  beforeEach(async () => {
    bench = await startGitDailyBench()
    bench.put('DynamicDNSRecord', 'web/www', RECORD)
    bench.put('DynamicDNSRecord', 'other/www', RECORD)
  })
  afterEach(() => bench.stop())

  it('looks through all namespaces, and says when the manifests need a look', async () => {
    bench.report = { ...bench.report, findings: ['a.yaml:3: what is wrong'] }
    const { stdout, stderr } = await bench.run('get', 'records')
    expect(stdout).toMatch(/^NAMESPACE +NAME[^]*\nother +www[^]*\nweb +www/)
    expect(stderr).toBe('note: 1 finding in the manifests; stoa doctor shows them\n')
    expect((await bench.run('get', 'records', '-n', 'web')).stdout).toMatch(/^NAME [^]*\nwww [^\n]*\n$/)
  })

  it('does not guess between two of a name', async () => {
    const { code, stderr } = await bench.run('get', 'record', 'www')
    expect(code).toBe(1)
    expect(stderr).toBe('error: DynamicDNSRecord www could be web/www or other/www: give one of these\n')
  })
})

it('says what to do where nothing runs and nothing has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-get-'))
  const { code, stderr } = await runCommand(['get', '--data', folder])
  await rm(folder, { recursive: true })
  expect(code).toBe(1)
  expect(stderr).toBe(
    `error: no Stoa runs with the data directory ${folder}, nor has one: ` +
      'give the --data of `stoa run --git`, or --kubeconfig for a cluster\n',
  )
})
