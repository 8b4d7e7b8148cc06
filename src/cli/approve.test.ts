import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type DailyBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'

const APPROVE = 'dns.stoa.dev/approve'
const [PLAN, HELD, MOVE, OLD] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(16)) as [
  string,
  string,
  string,
  string,
]
const STATUS = {
  observedGeneration: 1,
  plan: { hash: PLAN, changes: ['create www.shop.test A 192.0.2.1'], changeCount: 3 },
}

function putAll(bench: DailyBench): void {
  bench.put('DynamicDNSRecord', 'web/www', { status: STATUS })
  const message = `x.shop.test stays in zone a: to move it, annotate DNSProvider dns/main with ${APPROVE}: ${MOVE}`
  const conditions = [{ type: 'Ready', status: 'False', reason: 'MoveHeld', message }]
  bench.put('DynamicDNSRecord', 'web/moving', { status: { observedGeneration: 1, conditions } })
  bench.put('DynamicDNSRecord', 'web/fine', { status: { observedGeneration: 1 } })
  const zones = [{ name: 'shop.test', heldPlan: { hash: HELD, deletes: 40, examples: ['delete a.shop.test A'] } }]
  bench.put('DNSProvider', 'dns/main', { status: { zones } })
}

describe('stoa approve', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    putAll(bench)
  })
  afterEach(() => bench.stop())

  it('without a hash shows what waits, approves nothing and says how', async () => {
    expect(await bench.run('approve', 'www')).toEqual({
      code: 1,
      stdout:
        `${PLAN}  the plan of DynamicDNSRecord web/www, made for generation 1\n` +
        '  create www.shop.test A 192.0.2.1\n  and 2 more\n',
      stderr: `to approve it: stoa approve web/www ${PLAN}\n`,
    })
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({})
  })

  it.each([
    ['its hash', [PLAN]],
    ['--yes', ['--yes']],
  ])('with %s shows it and approves it', async (_what, args) => {
    const { code, stdout } = await bench.run('approve', 'www', ...args)
    expect(code).toBe(0)
    expect(stdout).toContain('create www.shop.test A 192.0.2.1')
    expect(stdout).toContain(`approved ${PLAN}; stoa status web/www shows how it goes`)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({ [APPROVE]: PLAN })
  })

  it('keeps another approval that is not used yet, and drops one that is', async () => {
    const put = (appliedHash: string): void => {
      const metadata = { annotations: { [APPROVE]: OLD } }
      bench.put('DynamicDNSRecord', 'web/www', {
        metadata,
        status: { ...STATUS, plan: { ...STATUS.plan, appliedHash } },
      })
    }
    put('')
    await bench.run('approve', 'www', PLAN)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({ [APPROVE]: `${PLAN},${OLD}` })
    put(OLD)
    await bench.run('approve', 'www', PLAN)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({ [APPROVE]: PLAN })
  })

  it('does not pretend to approve what is written and used', async () => {
    const metadata = { annotations: { [APPROVE]: PLAN } }
    bench.put('DynamicDNSRecord', 'web/www', {
      metadata,
      status: { ...STATUS, plan: { ...STATUS.plan, appliedHash: PLAN } },
    })
    const { code, stderr } = await bench.run('approve', 'www', '--yes')
    expect(code).toBe(1)
    expect(stderr).toContain(`${PLAN} was approved and carried out before, and an approval counts once`)
  })

  it('warns when the spec is newer than the plan', async () => {
    bench.put('DynamicDNSRecord', 'web/www', { spec: { ttlSeconds: 60 }, status: STATUS })
    expect((await bench.run('approve', 'www')).stdout).toContain('its spec has been edited since')
  })

  it('shows what a provider holds and the moves to it, and takes one of them by its hash', async () => {
    const several = await bench.run('approve', 'provider/main', '-n', 'dns', '--yes')
    expect(several.code).toBe(1)
    expect(several.stdout).toContain(
      `${HELD}  what the guard of DNSProvider dns/main holds in zone shop.test: 40 to be deleted`,
    )
    expect(several.stdout).toContain(`${MOVE}  a move to DNSProvider dns/main\n  x.shop.test stays in zone a\n`)
    expect(several.stderr).toContain('several things wait')
    expect((await bench.run('approve', 'provider/dns/main', MOVE)).code).toBe(0)
    expect(bench.annotationsOf('DNSProvider', 'dns/main')).toEqual({ [APPROVE]: MOVE })
  })

  it('takes a hash that does not wait yet only with --yes', async () => {
    const refused = await bench.run('approve', 'fine', PLAN)
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing waits. To approve it before') as string,
    })
    expect((await bench.run('approve', 'fine', PLAN, '--yes')).code).toBe(0)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/fine')).toEqual({ [APPROVE]: PLAN })
  })

  it.each([
    [['fine', '--yes'], 1, 'nothing waits for approval at web/fine'],
    [['www', 'xyz'], 64, 'error: xyz is no hash'],
    [['pool/edge'], 1, 'error: there is no NodePool edge in namespace web'],
    [['a/b/c/d'], 64, 'error: a/b/c/d names no object'],
    [['removals'], 1, 'error: removals are held by a Stoa without a cluster'],
    [['node/n1'], 64, 'error: node/n1 is a Node, which Stoa only reads'],
    [['web/www', '-n', 'other'], 64, 'error: web/www names namespace web, and --namespace says other'],
  ] as const)('%j fails with %i', async (args, code, message) => {
    const outcome = await bench.run('approve', ...args)
    expect({ code: outcome.code, begins: outcome.stderr.slice(0, message.length) }).toEqual({ code, begins: message })
  })
})

describe('without a cluster, stoa approve', () => {
  let bench: GitDailyBench
  beforeEach(async () => {
    bench = await startGitDailyBench()
    putAll(bench)
  })
  afterEach(() => bench.stop())

  it('goes through the socket', async () => {
    expect((await bench.run('approve', 'www', PLAN)).code).toBe(0)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({ [APPROVE]: PLAN })
  })

  it('lets held removals go', async () => {
    expect((await bench.run('approve', 'removals', '--yes')).stderr).toBe('nothing waits for approval at removals\n')
    bench.report = {
      ...bench.report,
      heldRemovals: { hash: HELD, message: 'kept, because it is most of what was there' },
    }
    expect((await bench.run('approve', 'removals', OLD, '--yes')).code).toBe(1)
    expect(bench.asked).toEqual([])
    const { code, stdout } = await bench.run('approve', 'removals', '--yes')
    expect(code).toBe(0)
    expect(stdout).toContain('kept, because it is most of what was there')
    expect(bench.asked).toEqual([`removals ${HELD}`])
  })
})
