// Whom records give to DNS by a pool, as their statuses told before the start: the status of the pool itself lists a hundred that are out.
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { MOST_STATUS_ADDRESSES } from '../../desired/contribution-status.ts'
import { isSourceOf } from '../../desired/describe-footing.ts'
import { parseAddresses } from '../../desired/parse-addresses.ts'
import type { IpAddress } from '../../model/address.ts'
import type { StoreReader } from '../../store/store.ts'

/** Undefined where no record tells, one may not tell of all, or not all were read. */
export function listGiven(
  store: Pick<StoreReader, 'list' | 'isSynced'>,
  pool: string,
): ReadonlySet<IpAddress> | undefined {
  if (!store.isSynced('DynamicDNSRecord')) return undefined
  const told = new Set<string>()
  let isTold = false
  for (const { resource } of store.list('DynamicDNSRecord')) {
    for (const addresses of listTold(resource, pool)) {
      if (addresses.length >= MOST_STATUS_ADDRESSES) return undefined
      isTold = true
      for (const address of addresses) told.add(address)
    }
  }
  return isTold ? new Set(parseAddresses([...told]).addresses) : undefined
}

/** A record with a health check of its own tells what that found. */
function listTold(record: DynamicDNSRecord | undefined, pool: string): readonly (readonly string[])[] {
  if (record === undefined || record.spec.healthCheck !== undefined) return []
  const targets = record.status?.targets ?? []
  return targets.flatMap(({ source = '', addresses }) => (addresses && isSourceOf(source, pool) ? [addresses] : []))
}
