import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startGitDailyBench, type GitDailyBench } from '../../../test/support/daily-bench.ts'
import { printCommandsFor } from './printed-commands.ts'

const HASH = '0123456789abcdef'

describe('a printed command', () => {
  it.each([
    [{}, 'stoa get nodes'],
    [{ data: '/var/lib/stoa' }, 'stoa get nodes --data /var/lib/stoa'],
    [{ kubeconfig: '~/.kube/a', context: 'home' }, "stoa get nodes --kubeconfig '~/.kube/a' --context home"],
    [{ data: "Anna's data" }, String.raw`stoa get nodes --data 'Anna'\''s data'`],
  ])('has the flags of the one before: %o', (flags, command) => {
    expect(printCommandsFor(flags)('get nodes')).toBe(command)
  })
})

describe('with --data', () => {
  let bench: GitDailyBench
  beforeEach(async () => {
    bench = await startGitDailyBench()
    bench.report = { ...bench.report, heldRemovals: { hash: HASH, message: 'half of the tree is gone' } }
    const zones = [{ name: 'example.com', orphans: { count: 1, hash: HASH, names: ['A old.example.com'] } }]
    bench.put('DNSProvider', 'dns/main', { spec: { type: 'Gandi' }, status: { observedGeneration: 0, zones } })
    bench.put('DynamicDNSRecord', 'dns/www', { status: { observedGeneration: 0 } })
  })
  afterEach(() => bench.stop())

  it.each([
    [['approve', 'removals'], `approve removals ${HASH}`],
    [['approve', 'removals', '--yes'], 'get'],
    [['doctor'], `approve removals ${HASH}`],
    [['doctor'], 'orphans'],
    [['orphans'], `prune dns/main ${HASH}`],
    [['prune', 'main', HASH], 'orphans'],
    [['drain', 'gone'], 'get nodes'],
    [['status', 'www'], 'refresh dns/www'],
    [['status', 'provider/main'], 'doctor'],
  ])('%j prints a command that leads to the same place', async (args, words) => {
    const { stdout, stderr } = await bench.run(...args, '--data', '.')
    expect(stdout + stderr).toContain(`stoa ${words} --data .`)
  })
})
