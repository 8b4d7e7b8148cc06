import { describe, expect, it } from 'vitest'
import { key } from '../../test/support/zone-builders.ts'
import type { PinnedZone, RecordSetStatus } from '../api/generated/dynamic-dns-record.ts'
import { describeKey } from '../model/record-set.ts'
import { withLastSeen } from './last-seen.ts'
import type { KeyOutcome } from './record-results.ts'

const COM = { zone: 'example.com', provider: 'dns/main' }
const SUB = { zone: 'sub.example.com', provider: 'dns/main' }
const seen = (name: string): RecordSetStatus => ({
  ...{ name, type: 'A', ttl: 60, values: ['192.0.2.1'], state: 'InSync' },
})
const found = (name: string, values: readonly string[] = ['192.0.2.2']): KeyOutcome => ({
  ...{ key: key(`A ${name}`), values, ttl: 300, adopted: false, result: { kind: 'insync' }, note: undefined },
})
const NAMES = ['a.example.com', 'a.sub.example.com'].map(seen)

const [OLD, NEW] = ['A a.example.com: 192.0.2.1', 'A a.example.com: 192.0.2.2']
const [BELOW, EMPTY] = ['A a.sub.example.com: 192.0.2.1', 'A b.example.com: ']
type Zones = readonly PinnedZone[]

describe('what was seen last', () => {
  it.each<[string, Zones, Zones, readonly KeyOutcome[], readonly string[]]>([
    ['is forgotten once every zone has been read', [COM, SUB], [], [found('a')], [NEW]],
    ['stays for the zone that has not been read, and for no other', [COM, SUB], [SUB], [found('a')], [NEW, BELOW]],
    ['of a zone that was read is not taken for that of the zone above it', [COM, SUB], [COM], [], [OLD]],
    ['stands in for what could not be looked at', [COM], [COM], [found('a', []), found('b', [])], [OLD, BELOW, EMPTY]],
    ['gives way to what is known all the same', [COM], [COM], [found('a')], [NEW, BELOW]],
  ])('%s', (_what, zones, unread, outcomes, expected) => {
    const shown = withLastSeen({ outcomes, zones, unread }, NAMES)
    expect(shown.map((one) => `${describeKey(one.key)}: ${one.values.join()}`).sort()).toEqual(expected)
  })

  it('is not called in sync', () => {
    const [one] = withLastSeen({ outcomes: [], zones: [COM], unread: [COM] }, [seen('a.example.com')])
    const message = 'this was seen last: zone example.com of DNSProvider dns/main has not been read since'
    expect(one?.result).toEqual({ kind: 'held', reason: 'ProviderUnavailable', message })
  })
})
