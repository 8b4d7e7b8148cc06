import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'
import { runCommand } from '../../test/support/command-bench.ts'

const DRAIN = 'dns.stoa.dev/drain'
const SELECTOR = { selector: { matchLabels: { role: 'edge' } } }
const PAST = '2026-01-01T00:00:00Z'

const inactive = (more: object): object => ({ inactive: [{ name: 'n1', state: 'Draining', ...more }] })

describe('in a cluster, stoa drain', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    bench.put('Node', 'n1', { metadata: { labels: { role: 'edge' } } })
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR })
    bench.put('NodePool', 'infra/other', { spec: { selector: { matchLabels: { role: 'other' } } } })
  })
  afterEach(() => bench.stop())

  it('annotates the node, and takes that back', async () => {
    expect(await bench.run('drain', 'n1')).toEqual({ code: 0, stdout: 'n1 is to leave DNS\n', stderr: '' })
    expect(bench.annotationsOf('Node', 'n1')).toEqual({ [DRAIN]: 'true' })
    expect((await bench.run('drain', 'node/n1', '--undo')).code).toBe(0)
    expect(bench.annotationsOf('Node', 'n1')).toEqual({})
  })

  it('waits until every pool that selects the node says that it may go', async () => {
    const countLooks = (): number => bench.fake.calls.filter(({ path }) => path.endsWith('/nodepools')).length
    const waiting = bench.run('drain', 'n1', '--wait', '--timeout', '20s')
    for (const safe of [{}, { safeToRemoveAt: '2999-01-01T00:00:00Z' }, { safeToRemoveAt: PAST }]) {
      const before = countLooks()
      await expect.poll(countLooks).toBeGreaterThan(before)
      bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive(safe) })
    }
    const { code, stderr } = await waiting
    expect(code).toBe(0)
    expect(stderr.split('\n').map((line) => line.slice(0, 55))).toEqual([
      'NodePool infra/edge: the pool still counts it as active',
      'NodePool infra/edge: Draining, but its removal is not c',
      'NodePool infra/edge: out of DNS; resolvers may know it ',
      'NodePool infra/edge: no resolver should know it since 2',
      '',
    ])
  })

  it('gives up after --timeout, and says what stands in the way', async () => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({}) })
    const { code, stderr } = await bench.run('drain', 'n1', '--wait', '--timeout', '1s')
    expect(code).toBe(1)
    expect(stderr).toContain('a record that uses the pool is held, suspended, failing')
    expect(stderr).toContain('error: gave up after 1s')
  })

  it('names the records in the way', async () => {
    const ready = (status: string, reason: string, message: string): object => ({
      conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: PAST }],
    })
    const uses = { targets: [{ nodePool: { name: 'edge', namespace: 'infra' } }] }
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({}) })
    bench.put('DynamicDNSRecord', 'web/fine', { spec: uses, status: ready('True', 'Succeeded', 'in sync') })
    bench.put('DynamicDNSRecord', 'web/other', { spec: {}, status: ready('False', 'Stalled', 'not of this pool') })
    bench.put('DynamicDNSRecord', 'web/planned', {
      spec: uses,
      status: ready('False', 'AwaitingApproval', 'the change waits'),
    })
    bench.put('DynamicDNSRecord', 'web/still', {
      spec: { ...uses, suspend: true },
      status: ready('True', 'Suspended', 'as it was'),
    })
    const { stderr } = await bench.run('drain', 'n1', '--wait', '--timeout', '0s')
    expect(stderr.split('\n').slice(1, -2)).toEqual([
      'NodePool infra/edge: waits for DynamicDNSRecord web/planned: Not ready (AwaitingApproval): the change waits',
      'NodePool infra/edge: waits for DynamicDNSRecord web/still: spec.suspend is true, so nothing is changed',
    ])
  })

  it.each([
    [
      'is out for another reason',
      { status: inactive({ state: 'NotReady', safeToRemoveAt: PAST }) },
      'NotReady, and the',
    ],
    [
      'is not in it',
      { status: { inactive: [] } },
      'the pool still counts it as active: if it stays so, see whether a co',
    ],
    [
      'may be hidden',
      { status: { members: { total: 400, active: 250 }, inactive: [] } },
      'its status does not name 150',
    ],
    [
      'is hidden by a host',
      { spec: { ...SELECTOR, hosts: [{ name: 'n1' }] } },
      'its spec.hosts has a host of that name',
    ],
  ])('is not done where the node %s', async (_where, parts, message) => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, ...parts })
    const { code, stderr } = await bench.run('drain', 'n1', '--wait', '--timeout', '0s')
    expect(code).toBe(1)
    expect(stderr).toContain(`NodePool infra/edge: ${message}`)
  })

  it('goes on when the cluster does not answer for a moment', async () => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({ safeToRemoveAt: PAST }) })
    let isDown = true
    bench.fake.fault = ({ path }) => {
      const fault = isDown && path.endsWith('/nodepools') ? 'break' : undefined
      isDown &&= fault === undefined
      return fault
    }
    const { code, stderr } = await bench.run('drain', 'n1', '--wait', '--timeout', '20s')
    expect(code).toBe(0)
    expect(stderr).toContain('; it is tried again\nNodePool infra/edge: no resolver should know it')
  })

  it('gives up after --timeout although a call is never answered', async () => {
    bench.fake.fault = ({ path }) => (path.endsWith('/nodepools') ? 'hang' : undefined)
    const { code, stderr } = await bench.run('drain', 'n1', '--wait', '--timeout', '0s')
    expect({ code, stderr: stderr.slice(0, 27) }).toEqual({ code: 1, stderr: 'error: gave up after 0s; th' })
  })

  it('says when it is interrupted what stays', async () => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({}) })
    const interruption = new AbortController()
    bench.fake.fault = ({ path }) => {
      if (path.endsWith('/nodepools')) interruption.abort()
      return undefined
    }
    const args = ['drain', 'n1', '--wait']
    const env = { STOA_KUBECONFIG: bench.kubeconfig }
    const { code, stderr } = await runCommand(args, { env, signal: interruption.signal })
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted: n1 still leaves DNS; stoa drain n1 --undo lets it back\n$/)
  })

  it('with --undo waits until the node is back', async () => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({ state: 'Readmitting' }) })
    const waiting = bench.run('drain', 'n1', '--undo', '--wait')
    await new Promise((resolve) => setTimeout(resolve, 500))
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: { inactive: [] } })
    expect(await waiting).toMatchObject({ code: 0, stderr: expect.stringContaining('it is active again') as string })
  })

  it.each([
    ['Readmitting', 'it is fine again, and comes back once'],
    ['Draining', 'Draining, and the pool has not heard yet that it need not: if it stays so,'],
    ['Draining', 'Draining (taint', 'taint ToBeDeletedByClusterAutoscaler'],
  ])(
    'with --undo says why a node that is %s is not back',
    async (state, message, reason = `annotation ${DRAIN} is "true"`) => {
      bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({ state, reason }) })
      const { code, stderr } = await bench.run('drain', 'n1', '--undo', '--wait', '--timeout', '0s')
      expect(code).toBe(1)
      expect(stderr).toContain(`NodePool infra/edge: ${message}`)
    },
  )

  it('has nothing to wait for where no pool selects the node', async () => {
    bench.put('Node', 'n2')
    const { code, stderr } = await bench.run('drain', 'n2', '--wait')
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'no NodePool selects n2, so there is nothing to wait for\n' })
  })

  it.each([
    [['n9'], 1, 'error: there is no Node n9'],
    [['pool/edge'], 64, 'error: pool/edge is no Node'],
    [['n1', '--timeout', 'soon'], 64, 'error: --timeout: soon is no duration; write 90s, 10m or 1h'],
  ] as const)('%j fails with %i', async (args, code, message) => {
    const outcome = await bench.run('drain', ...args)
    expect({ code: outcome.code, begins: outcome.stderr.slice(0, message.length) }).toEqual({ code, begins: message })
  })
})

describe('without a cluster, stoa drain', () => {
  let bench: GitDailyBench
  beforeEach(async () => (bench = await startGitDailyBench()))
  afterEach(() => bench.stop())

  it('says what to write where', async () => {
    bench.put('Node', 'n1')
    const { code, stderr } = await bench.run('drain', 'n1')
    expect(code).toBe(1)
    expect(stderr).toContain(`write the annotation ${DRAIN}: "true" in n1.yaml:1 and commit it`)
  })

  it('waits once that is written', async () => {
    bench.put('Node', 'n1', { metadata: { labels: { role: 'edge' }, annotations: { [DRAIN]: 'true' } } })
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({ safeToRemoveAt: PAST }) })
    const { code, stderr } = await bench.run('drain', 'n1', '--wait')
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `NodePool infra/edge: no resolver should know it since ${PAST}\n`,
    })
  })
})
