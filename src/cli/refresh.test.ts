import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  startClusterBench,
  startGitDailyBench,
  type ClusterBench,
  type GitDailyBench,
} from '../../test/support/daily-bench.ts'

const REQUESTED_AT = 'dns.stoa.dev/requestedAt'
const NOW = { [REQUESTED_AT]: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string }

describe('in a cluster, stoa refresh', () => {
  let bench: ClusterBench
  beforeEach(async () => {
    bench = await startClusterBench()
    for (const ref of ['web/www', 'other/api']) bench.put('DynamicDNSRecord', ref)
    bench.put('WANAddress', 'web/home')
  })
  afterEach(() => bench.stop())

  it('asks for one object', async () => {
    const { code, stdout } = await bench.run('refresh', 'wan/home')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'WANAddress web/home will be looked at now\n' })
    expect(bench.annotationsOf('WANAddress', 'web/home')).toEqual(NOW)
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual({})
  })

  it('asks for all of a namespace, or of all', async () => {
    expect((await bench.run('refresh', '--all')).stdout).toBe('2 objects will be looked at now\n')
    expect(bench.annotationsOf('DynamicDNSRecord', 'other/api')).toEqual({})
    expect((await bench.run('refresh', '--all', '-A')).stdout).toBe('3 objects will be looked at now\n')
    expect(bench.annotationsOf('DynamicDNSRecord', 'other/api')).toEqual(NOW)
  })

  it.each([[[]], [['www', '--all']], [['www', '-A']]])('%j is no request', async (args) => {
    expect((await bench.run('refresh', ...args)).code).toBe(64)
  })

  it('says which right is missing', async () => {
    bench.fake.fault = ({ method }) => (method === 'PATCH' ? { status: 403 } : undefined)
    const { code, stderr } = await bench.run('refresh', 'www')
    expect(code).toBe(1)
    expect(stderr).toContain('grant the verb "patch" on "dynamicdnsrecords"')
  })
})

describe('without a cluster, stoa refresh', () => {
  let bench: GitDailyBench
  beforeEach(async () => (bench = await startGitDailyBench()))
  afterEach(() => bench.stop())

  it('goes through the socket, and with --all has Git looked at, too', async () => {
    bench.put('DynamicDNSRecord', 'web/www')
    await bench.run('refresh', 'www')
    expect(bench.annotationsOf('DynamicDNSRecord', 'web/www')).toEqual(NOW)
    expect(bench.asked).toEqual([])
    expect((await bench.run('refresh', '--all')).code).toBe(0)
    expect(bench.asked).toEqual(['sync'])
  })
})
