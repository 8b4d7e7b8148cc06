import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { content, contentText, member } from '../../test/support/target-builders.ts'
import type { Target, TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import type { Fqdn } from '../model/name.ts'
import type { Contribution, TargetContent } from './contribution.ts'
import { describeTarget, lastContributionFromStatus, MOST_STATUS_ADDRESSES } from './contribution-status.ts'

const LITERALS: Target = { name: 'target', addresses: ['1.1.1.1'] }
const POOL: Target = { name: 'target', nodePool: { name: 'edge' } }
const NAMES = ['www.example.com']
const hostname: TargetContent = { kind: 'hostname', hostname: 'lb.example.net' as Fqdn }
const nodes: TargetContent = {
  kind: 'members',
  source: 'pool',
  members: [member('a', '1.1.1.1'), member('b', '2.2.2.2')],
}

const known = (content: TargetContent): Contribution => {
  return { kind: 'known', target: 'target', content, unknownFamilies: [], message: undefined }
}
const unknown = (last: TargetContent | undefined): Contribution => {
  return { kind: 'unknown', target: 'target', reason: 'PoolNotFound', message: 'no pool', last }
}
const restored = (given: TargetContent, target: Target, hostnames = NAMES): string =>
  contentText(lastContributionFromStatus(describeTarget(known(given)), target, hostnames))

describe('a contribution in status', () => {
  it.each<[string, Contribution, TargetStatus]>([
    [
      'active addresses come first',
      known(content('1.1.1.1 unhealthy', '2.2.2.2')),
      { name: 'target', known: true, addresses: ['2.2.2.2', '1.1.1.1'], healthy: 1, total: 2 },
    ],
    [
      'a pool gives its active addresses',
      known({
        kind: 'members',
        source: 'pool',
        members: [member('a', '1.1.1.1', { standing: 'draining' }), member('b', '2.2.2.2')],
      }),
      { name: 'target', known: true, addresses: ['2.2.2.2'], healthy: 1, total: 2 },
    ],
    ['a hostname', known(hostname), { name: 'target', known: true, hostname: 'lb.example.net' }],
    [
      'a remark',
      { ...known(content('1.1.1.1')), message: 'odd' },
      { name: 'target', known: true, addresses: ['1.1.1.1'], healthy: 1, total: 1, message: 'odd' },
    ],
    [
      'what was known last',
      unknown(content('1.1.1.1')),
      { name: 'target', known: false, addresses: ['1.1.1.1'], healthy: 1, total: 1, message: 'no pool' },
    ],
    ['nothing was ever known', unknown(undefined), { name: 'target', known: false, message: 'no pool' }],
  ])('%s', (_, contribution, expected) => {
    expect(describeTarget(contribution)).toEqual(expected)
  })
})

describe('a contribution after a restart', () => {
  it.each<[string, TargetContent, Target, readonly string[], string]>([
    ['a hostname', hostname, { name: 'target', hostname: 'lb.example.net' }, NAMES, 'lb.example.net'],
    [
      'literals, each with its standing',
      content('1.1.1.1 unhealthy', '2.2.2.2'),
      LITERALS,
      NAMES,
      '2.2.2.2, 1.1.1.1 unhealthy',
    ],
    ['none at all, which was known', content(), LITERALS, NAMES, ''],
    ['a pool of active members', nodes, POOL, NAMES, '1.1.1.1, 2.2.2.2'],
    ['not a pool whose member names count', nodes, POOL, ['{member}.example.com'], 'nothing'],
    ['not a pool whose regions count', nodes, POOL, ['www.example.com', 'www.{region}.example.com'], 'nothing'],
    [
      'not a pool with a member that was not active',
      {
        kind: 'members',
        source: 'pool',
        members: [member('a', '1.1.1.1'), member('b', '2.2.2.2', { standing: 'unhealthy' })],
      },
      POOL,
      NAMES,
      'nothing',
    ],
  ])('%s', (_, given, target, hostnames, expected) => {
    expect(restored(given, target, [...hostnames])).toBe(expected)
  })

  it('is not what a list that may have been cut says', () => {
    const some = (count: number): TargetContent =>
      content(...Array.from({ length: count }, (_, index) => `1.0.${index >> 8}.${index & 255}`))
    expect(restored(some(MOST_STATUS_ADDRESSES), LITERALS)).toBe('nothing')
    expect(restored(some(MOST_STATUS_ADDRESSES + 1), LITERALS)).toBe('nothing')
    expect(restored(some(MOST_STATUS_ADDRESSES - 1), LITERALS)).toMatch('1.0.3.230')
  })

  it.each<[string, TargetStatus]>([
    ['nothing was known', { name: 'target', known: false }],
    ['an address is none', { name: 'target', known: true, addresses: ['x'], healthy: 1, total: 1 }],
    ['the count differs', { name: 'target', known: true, addresses: ['1.1.1.1'], healthy: 1, total: 2 }],
  ])('is not remembered where %s', (_, status) => {
    expect(lastContributionFromStatus(status, LITERALS, NAMES)).toBeUndefined()
  })

  it.each<[Target, string]>([
    [{ name: 'target', wan: { name: 'default' } }, 'wan'],
    [{ name: 'target', service: { name: 'front' } }, 'service'],
    [POOL, 'pool'],
    [LITERALS, 'addresses'],
  ])('of %j is of its kind, in the region of the target', (target, source) => {
    const status: TargetStatus = { name: 'target', known: true, addresses: ['1.1.1.1'], healthy: 1, total: 1 }
    expect(lastContributionFromStatus(status, { ...target, region: 'eu' }, NAMES)).toEqual({
      kind: 'members',
      source,
      members: [member('target', '1.1.1.1', { region: 'eu' })],
    })
  })

  it('reads the same the second time, whatever it was', () => {
    const standing = fc.constantFrom('', ' unhealthy')
    const address = fc.tuple(fc.ipV4(), standing).map(([text, suffix]) => text + suffix)
    fc.assert(
      fc.property(fc.uniqueArray(address, { selector: (text) => text.split(' ')[0] }), (texts) => {
        const first = describeTarget(known(content(...texts)))
        const last = lastContributionFromStatus(first, LITERALS, NAMES)
        expect(contentText(last).split(', ').sort()).toEqual(
          contentText(content(...texts))
            .split(', ')
            .sort(),
        )
        expect(describeTarget(unknown(last))).toMatchObject({ ...first, known: false })
      }),
    )
  })
})
