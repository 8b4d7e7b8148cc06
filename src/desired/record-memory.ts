// What a record remembers across a restart, read from its status.
import type { DynamicDNSRecordStatus } from '../api/generated/dynamic-dns-record.ts'
import { parseFqdn } from '../model/name.ts'
import { failoverFromStatus } from './choose-group.ts'
import type { RecordMemory } from './derivation.ts'

export function recordMemoryFromStatus(status: DynamicDNSRecordStatus | undefined, now: number): RecordMemory {
  const { zones = [], failover, targets } = status ?? {}
  return {
    zones: zones.flatMap(({ zone: text, provider }) => {
      const zone = parseFqdn(text)
      return zone === undefined ? [] : { provider, zone }
    }),
    failover: failoverFromStatus(failover, now),
    targets: targets && new Set(targets.map(({ name }) => name)),
  }
}
