// In which zones a record may have something, and at which of the DNSProviders that reach one it is looked for first.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { mayLieWithin } from '../../desired/expand-hostname.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import { parseRef, refText } from '../object-keys.ts'
import type { Boards } from './boards.ts'
import type { RecordState } from './record-state.ts'

export function mayLiveIn({ spec }: DynamicDNSRecord, { memory }: RecordState, zone: ZoneRef): boolean {
  return (
    spec.hostnames.some((hostname) => mayLieWithin(hostname, zone.zone)) ||
    memory.zones.some((pin) => zoneText(pin) === zoneText(zone))
  )
}

/** First the DNSProvider that it asks for, then those where it has something; one that is on its way out comes last. */
export function rankProvider(
  store: Boards['store'],
  { resource: { spec, metadata }, memory }: RecordState,
  provider: string,
): number {
  const stored = store.get('DNSProvider', parseRef(provider))
  if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) return 3
  const { namespace } = metadata
  if (spec.providerRef !== undefined && refText({ namespace, ...spec.providerRef }) === provider) return 0
  return memory.zones.some((zone) => zone.provider === provider) ? 1 : 2
}
