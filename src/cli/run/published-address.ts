import { findCondition } from '../../api/conditions.ts'
import { compareText } from '../../model/record-set.ts'
import type { StoreReader } from '../../store/store.ts'

/** The WAN address that is both known and in DNS: of the WANAddress named `default`, else of the first by name. */
export function findPublishedAddress(store: Pick<StoreReader, 'list'>): string | undefined {
  const published = new Set(
    [...store.list('DynamicDNSRecord')]
      .flatMap(({ status }) => status?.recordSets ?? [])
      .filter(({ state }) => state === 'InSync')
      .flatMap(({ values }) => values),
  )
  const known = [...store.list('WANAddress')]
    .filter(({ status }) => findCondition(status?.conditions ?? [], 'AddressObserved')?.status === 'True')
    .map(({ metadata: { name }, status }) => ({ name, address: status?.ipv4 ?? status?.ipv6 ?? '' }))
    .filter(({ address }) => published.has(address))
    .sort((a, b) => Number(b.name === 'default') - Number(a.name === 'default') || compareText(a.name, b.name))
  return known[0]?.address
}
