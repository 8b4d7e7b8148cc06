import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'

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

  it('with --undo waits until the node is back', async () => {
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: inactive({ state: 'Readmitting' }) })
    const waiting = bench.run('drain', 'n1', '--undo', '--wait')
    await new Promise((resolve) => setTimeout(resolve, 500))
    bench.put('NodePool', 'infra/edge', { spec: SELECTOR, status: { inactive: [] } })
    expect(await waiting).toMatchObject({ code: 0, stderr: expect.stringContaining('it is active again') as string })
  })

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
