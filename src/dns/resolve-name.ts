// What a zone says of a name and a type (RFC 1034 §4.3.2): wildcards as RFC 4592 has them, and CNAMEs followed inside the zone. Pure.
import type { Fqdn } from '../model/name.ts'
import type { DnsRecord } from '../wire/message.ts'
import { foldName } from '../wire/name.ts'
import type { DnsType } from '../wire/numbers.ts'
import { nsRecords, recordsOf, soaRecord, type HostedZone } from './hosted-zone.ts'
import type { ServedSet } from './served-zone.ts'
import { parentName, type Zones } from './zone-directory.ts'

const LONGEST_CHAIN = 16

export interface Resolution {
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
  readonly answers: readonly DnsRecord[]
  /** Where the chain ended there is nothing of the type, or no such name. */
  readonly negative: boolean
}

export function resolveName(zones: Zones, hosted: HostedZone, name: string, type: DnsType): Resolution {
  const chain: DnsRecord[] = []
  const seen = new Set<string>()
  let current = name
  for (;;) {
    seen.add(foldName(current))
    const sets = findSets(hosted, current)
    if (sets === undefined) return { rcode: 'NXDOMAIN', answers: chain, negative: true }
    const found = selectRecords(hosted, sets, current, type)
    if (found.length > 0) return { rcode: 'NOERROR', answers: [...chain, ...found], negative: false }
    const alias = sets.find(({ key }) => key.type === 'CNAME')
    const [target] = alias?.values ?? []
    if (alias === undefined || target === undefined) return { rcode: 'NOERROR', answers: chain, negative: true }
    chain.push(...recordsOf(alias, current))
    // What another zone says is for the asker to find out, and a circle has no end to look for.
    const leaves = zones.find(target) !== hosted || seen.has(foldName(target)) || chain.length === LONGEST_CHAIN
    if (leaves) return { rcode: 'NOERROR', answers: chain, negative: false }
    current = target
  }
}

/** The sets that speak for a name, a wildcard's included; undefined when there is no such name. */
function findSets({ served }: HostedZone, name: string): readonly ServedSet[] | undefined {
  const folded = foldName(name)
  const exact = served.lookup(asFqdn(folded))
  if (exact !== undefined) return exact
  // The closest name above that is there decides which wildcard applies, even when it has nothing itself.
  let encloser = parentName(folded)
  while (encloser !== undefined && served.lookup(asFqdn(encloser)) === undefined) encloser = parentName(encloser)
  return encloser === undefined ? undefined : served.lookup(asFqdn(`*.${encloser}`))
}

/** Only compared with the names of the zone, which are `Fqdn`s: any other text finds nothing. */
function asFqdn(name: string): Fqdn {
  return name as Fqdn
}

function selectRecords(
  hosted: HostedZone,
  sets: readonly ServedSet[],
  name: string,
  type: DnsType,
): readonly DnsRecord[] {
  const atApex = foldName(name) === hosted.served.zone
  if (atApex && type === 'SOA') return [{ ...soaRecord(hosted), name }]
  if (atApex && type === 'NS') return nsRecords(hosted).map((record) => ({ ...record, name }))
  // RFC 8482: to the question for everything, one thing is answer enough, and too little to attack others with.
  const matching = type === 'ANY' ? sets.slice(0, 1) : sets.filter(({ key }) => key.type === type)
  const records = matching.flatMap((set) => recordsOf(set, name))
  return records.length === 0 && type === 'ANY' && atApex ? [{ ...soaRecord(hosted), name }] : records
}
