// What a status goes on saying of zones that have not been read since the start: unknown is never empty.
import type { PinnedZone, RecordSetStatus } from '../api/generated/dynamic-dns-record.ts'
import { longestZone, type Fqdn } from '../model/name.ts'
import { keyText, type RecordKey } from '../model/record-set.ts'
import type { KeyOutcome, RecordRun } from './record-results.ts'

/** The outcomes, and in place of what is not known what was seen last. */
export function withLastSeen(
  { outcomes, zones, unread }: Pick<RecordRun, 'outcomes' | 'zones' | 'unread'>,
  previous: readonly RecordSetStatus[] = [],
): readonly KeyOutcome[] {
  if (unread.length === 0) return outcomes
  const seen = previous.flatMap((set) => {
    const zone = findUnread(set.name, zones, unread)
    return zone === undefined ? [] : [recall(set, zone)]
  })
  const seenKeys = new Set(seen.map(({ key }) => keyText(key)))
  const known = outcomes.filter(({ key, values }) => values.length > 0 || !seenKeys.has(keyText(key)))
  const knownKeys = new Set(known.map(({ key }) => keyText(key)))
  return [...known, ...seen.filter(({ key }) => !knownKeys.has(keyText(key)))]
}

/** The zone that the name lives in, where it is among those that have not been read. */
function findUnread(name: string, zones: RecordRun['zones'], unread: RecordRun['unread']): PinnedZone | undefined {
  // Written by us, as names.
  const home = longestZone(
    name as Fqdn,
    zones.map(({ zone }) => zone as Fqdn),
  )
  return unread.find(({ zone }) => zone === home)
}

function recall({ name, type, setId = '', ttl, values, adopted }: RecordSetStatus, zone: PinnedZone): KeyOutcome {
  const message = `this was seen last: zone ${zone.zone} of DNSProvider ${zone.provider} has not been read since`
  // Written by us, as keys.
  const key = { name, type, setId } as RecordKey
  const result = { kind: 'held', reason: 'ProviderUnavailable', message } as const
  return { key, values, ttl, adopted: adopted === true, result, note: undefined }
}
