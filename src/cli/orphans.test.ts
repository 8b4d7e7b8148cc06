// `stoa orphans` and `stoa prune`, which belong together.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startClusterBench, startGitDailyBench, type ClusterBench } from '../../test/support/daily-bench.ts'

const PRUNE = 'dns.stoa.dev/prune'
const HASH = '0123456789abcdef'
const ZONES = [
  { name: 'shop.test', orphans: { count: 3, hash: HASH, names: ['A old.shop.test', 'A older.shop.test'] } },
  { name: 'clean.test' },
]

let bench: ClusterBench
beforeEach(async () => {
  bench = await startClusterBench()
  bench.put('DNSProvider', 'dns/main', { status: { zones: ZONES } })
  bench.put('DNSProvider', 'web/own')
})
afterEach(() => bench.stop())

it('stoa orphans lists them with what removes them', async () => {
  const { code, stdout } = await bench.run('orphans')
  expect(code).toBe(0)
  expect(stdout).toBe(
    'PROVIDER   ZONE        ORPHANS   HASH\n' +
      `dns/main   shop.test   3         ${HASH}\n\n` +
      `shop.test: stoa prune dns/main ${HASH} removes\n  A old.shop.test\n  A older.shop.test\n  and 1 more\n`,
  )
})

it('stoa orphans says why they are still there after a prune', async () => {
  const message = 'the name server answered REFUSED'
  const orphans = { count: 1, hash: HASH, names: ['A ns.shop.test'], message }
  bench.put('DNSProvider', 'dns/main', { status: { zones: [{ name: 'shop.test', orphans }] } })
  const { stdout } = await bench.run('orphans')
  expect(stdout).toContain(`  A ns.shop.test\n  what was to be removed is still there: ${message}\n`)
})

it('stoa orphans says so when there are none', async () => {
  expect(await bench.run('orphans', '-n', 'web')).toEqual({ code: 0, stdout: '', stderr: 'there are no orphans\n' })
})

it('stoa prune asks for exactly that list', async () => {
  const { code, stdout } = await bench.run('prune', 'dns/main', HASH, '--zone', 'Shop.test.')
  expect(code).toBe(0)
  expect(stdout).toContain('3 record sets of zone shop.test will be removed')
  expect(bench.annotationsOf('DNSProvider', 'dns/main')).toEqual({ [PRUNE]: HASH })
})

it.each([
  [
    ['dns/main', 'fedcba9876543210'],
    1,
    `error: DNSProvider dns/main has no orphans fedcba9876543210; it has ${HASH} in`,
  ],
  [['dns/main', HASH, '--zone', 'clean.test'], 1, 'error: DNSProvider dns/main has no orphans'],
  [['dns/main', 'all'], 64, 'error: all is no hash'],
  [['pool/edge', HASH], 64, 'error: pool/edge is no DNSProvider'],
] as const)('stoa prune %j fails with %i and removes nothing', async (args, code, message) => {
  const outcome = await bench.run('prune', ...args)
  expect({ code: outcome.code, begins: outcome.stderr.slice(0, message.length) }).toEqual({ code, begins: message })
  expect(bench.annotationsOf('DNSProvider', 'dns/main')).toEqual({})
})

it('stoa prune says when a list was pruned before', async () => {
  const metadata = { annotations: { [PRUNE]: HASH } }
  const zones = [{ ...ZONES[0], appliedHash: HASH }]
  bench.put('DNSProvider', 'dns/main', { metadata, status: { zones } })
  expect((await bench.run('prune', 'dns/main', HASH)).stderr).toContain('an approval counts once')
})

it('both work without a cluster', async () => {
  const git = await startGitDailyBench()
  git.put('DNSProvider', 'dns/main', { status: { zones: ZONES } })
  expect((await git.run('orphans')).stdout).toContain(`stoa prune dns/main ${HASH} removes`)
  expect((await git.run('prune', 'main', HASH)).code).toBe(0)
  expect(git.annotationsOf('DNSProvider', 'dns/main')).toEqual({ [PRUNE]: HASH })
  await git.stop()
})
