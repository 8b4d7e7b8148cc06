// The DNSProviders of manifests, as far as manifests say what they can do and which zones they have. What they do not say is presumed, and
// `presumptions` says so.
import { getDomain } from 'tldts'
import type { DNSProvider, DynamicDNSRecord } from '../../api/kinds.ts'
import { allowsRecord } from '../../api/tenancy.ts'
import { indexProviders, type ProviderFacts, type ProviderIndex } from '../../desired/provider-index.ts'
import { parseFqdn, type Fqdn } from '../../model/name.ts'
import { compareText } from '../../model/record-set.ts'
import { listSome } from '../../model/text.ts'

export interface PresumedProviders {
  readonly index: ProviderIndex
  readonly presumptions: readonly string[]
}

const ELSEWHERE = 'a DNSProvider elsewhere'
const EVERYBODY = [{ namespaces: { from: 'All' } }] as const
const MOST_ZONES = 5

/**
 * `others` are the records of the other tree: a provider has the same zones before and after. What they refer to need not be there in
 * this tree, though.
 */
export function presumeProviders(
  providers: readonly DNSProvider[],
  records: readonly DynamicDNSRecord[],
  others: readonly DynamicDNSRecord[],
): PresumedProviders {
  const facts = new Map(providers.map((provider) => [refOf(provider), factsOf(provider)]))
  const presumed = new Map<string, Set<Fqdn>>()
  const written = new Set([...facts.values()].flatMap(({ zones = [] }) => zones))
  const presume = (record: DynamicDNSRecord, isOwn: boolean): void => {
    for (const hostname of record.spec.hostnames) {
      const ref = findUnlisted(record, hostname, facts, written)
      const zone = ref === undefined ? undefined : zoneFor(hostname)
      if (ref === undefined || zone === undefined || (!isOwn && !facts.has(ref))) continue
      if (!facts.has(ref)) facts.set(ref, elsewhere(ref, record))
      presumed.set(ref, (presumed.get(ref) ?? new Set()).add(zone))
    }
  }
  for (const record of records) presume(record, true)
  for (const record of others) presume(record, false)
  const all = [...facts.values()].map((one) => ({ ...one, zones: one.zones ?? [...(presumed.get(one.ref) ?? [])] }))
  return { index: indexProviders(all), presumptions: [...presumed].map(describePresumption).sort(compareText) }
}

/** The provider whose zones are not written down and that the name would go to; undefined where what is written decides. */
function findUnlisted(
  { metadata: { namespace }, spec: { providerRef } }: DynamicDNSRecord,
  hostname: string,
  facts: ReadonlyMap<string, ProviderFacts>,
  written: ReadonlySet<string>,
): string | undefined {
  if (providerRef !== undefined) {
    const ref = `${providerRef.namespace ?? namespace}/${providerRef.name}`
    return facts.get(ref)?.zones === undefined || facts.get(ref)?.type === '' ? ref : undefined
  }
  if (listSuffixes(hostname).some((suffix) => written.has(suffix))) return undefined
  const given = [...facts.values()].filter(({ ref }) => ref !== ELSEWHERE)
  if (given.length === 0) return ELSEWHERE
  const tenant = { namespace, labels: undefined }
  const open = given.filter(({ zones }) => zones === undefined).sort((a, b) => compareText(a.ref, b.ref))
  return open.find(({ allowedRecords, ...owner }) => {
    return allowsRecord(allowedRecords, owner.namespace, tenant, hostname) !== false
  })?.ref
}

function listSuffixes(hostname: string): readonly string[] {
  const labels = hostname.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}

/** Zones mostly are what somebody registered. */
function zoneFor(hostname: string): Fqdn | undefined {
  const plain = hostname.replace(/^\*\./, '').replaceAll(/\{(?:member|region)\}/g, 'x')
  return parseFqdn(getDomain(plain) ?? plain.split('.').slice(-2).join('.'))
}

function refOf({ metadata }: DNSProvider): string {
  return `${metadata.namespace}/${metadata.name}`
}

function factsOf(provider: DNSProvider): ProviderFacts {
  const { type, zones, allowedRecords } = provider.spec
  return {
    ...{ ref: refOf(provider), namespace: provider.metadata.namespace, type, allowedRecords },
    zones: zones?.flatMap((zone) => parseFqdn(zone) ?? []),
  }
}

function elsewhere(ref: string, { spec, metadata: { namespace } }: DynamicDNSRecord): ProviderFacts {
  const type = spec.providerOptions?.cloudflare === undefined ? '' : 'Cloudflare'
  return { ref, namespace, type, zones: undefined, allowedRecords: EVERYBODY }
}

function describePresumption([ref, zones]: readonly [string, ReadonlySet<Fqdn>]): string {
  const names = listSome([...zones].sort(compareText), MOST_ZONES)
  const who = ref === ELSEWHERE ? ref : `DNSProvider ${ref}`
  return `the zones of ${who} are not written in these manifests; taken to be ${names}`
}
