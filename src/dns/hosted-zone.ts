// A zone with what belongs to serving it: its SOA and NS records, which nobody writes as a resource, and who may copy it.
import type { Fqdn } from '../model/name.ts'
import { internetRecord, type DnsRecord, type TypedData } from '../wire/message.ts'
import { dataOf } from '../wire/set-data.ts'
import type { TsigKey } from '../wire/tsig-key.ts'
import type { ServedSet, ServedZone } from './served-zone.ts'

export interface HostedZone {
  readonly served: ServedZone
  /** At least one. The first stands in the SOA record as the primary. */
  readonly nameServers: readonly [Fqdn, ...Fqdn[]]
  readonly secondaries: readonly Secondary[]
}

export interface Secondary {
  /** An address. Notices of changes go there. */
  readonly host: string
  readonly port: number
  /** It signs its requests with it, and notices are signed with it. Undefined: it is known by its address alone. */
  readonly key: TsigKey | undefined
}

const APEX_TTL_SECONDS = 3_600
/** How long "there is no such name" may be remembered: short, since names come with the next commit. */
const NEGATIVE_TTL_SECONDS = 60
const TIMERS = { refresh: 3_600, retry: 600, expire: 1_209_600, minimum: NEGATIVE_TTL_SECONDS }

export function soaRecord({ served, nameServers: [primary] }: HostedZone): DnsRecord {
  const { zone, serial } = served
  return internetRecord(zone, APEX_TTL_SECONDS, {
    kind: 'SOA',
    primary,
    mailbox: `hostmaster.${zone}`,
    serial,
    ...TIMERS,
  })
}

/** Beside an answer that there is nothing: how long that may be remembered (RFC 2308 §3). */
export function negativeSoa(zone: HostedZone): DnsRecord {
  return { ...soaRecord(zone), ttl: NEGATIVE_TTL_SECONDS }
}

export function nsRecords({ served, nameServers }: HostedZone): readonly DnsRecord[] {
  return nameServers.map((target) => internetRecord(served.zone, APEX_TTL_SECONDS, { kind: 'NS', target }))
}

/** The records of a set, at its own name unless another is given: that of a wildcard's question, or in the asker's case. */
export function recordsOf(set: ServedSet, name: string = set.key.name): readonly DnsRecord[] {
  return dataIn(set).map((data) => internetRecord(name, set.ttl, data))
}

/** Reading a thousand addresses takes milliseconds, and everybody may ask for them as often as they like. */
const DATA_OF_SETS = new WeakMap<ServedSet, readonly TypedData[]>()

function dataIn(set: ServedSet): readonly TypedData[] {
  const known = DATA_OF_SETS.get(set)
  if (known !== undefined) return known
  const data = set.values.flatMap((value) => dataOf(set.key.type, value) ?? [])
  DATA_OF_SETS.set(set, data)
  return data
}
