// What a rehearsal could not find out, in the words of the status that a running Stoa would write.
import type { Conditions } from '../../../api/conditions.ts'
import type { Engine } from '../../../reconcile/engine.ts'
import { parseRef, refText } from '../../../reconcile/object-keys.ts'
import type { GitStore } from '../../../store/git/git-store.ts'

type Objects = Pick<GitStore, 'get' | 'list'>

const NO_ANSWER = 'there was no answer in time'
/** What they say, the most telling first. */
const TELLING = ['CredentialsValid', 'ZonesFound', 'AddressObserved', 'Ready']

/** Providers and zones that could not be read: of names that go there nothing is known. */
export function describeUnread(engine: Engine, store: Objects): readonly string[] {
  const providers = [...engine.unlistedProviders()].map((ref) => {
    const conditions = store.get('DNSProvider', parseRef(ref))?.status?.conditions ?? []
    return `DNSProvider ${ref}: ${findProblem(conditions, ['False', 'Unknown']) ?? NO_ANSWER}`
  })
  const zones = [...engine.desks()].flatMap(({ zone, error, isRead }) => {
    if (error === undefined && isRead) return []
    return `zone ${zone.zone} at ${zone.provider} cannot be read: ${error?.message ?? NO_ANSWER}`
  })
  return [...providers, ...zones]
}

/** What else is wrong with providers, and with WAN addresses. */
export function describeTrouble(engine: Engine, store: Objects): readonly string[] {
  const unlisted = new Set([...engine.unlistedProviders()].map((ref) => `DNSProvider ${ref}`))
  // A provider repeats what is said of its zones.
  const ofZones = new Set([...engine.desks()].map(({ error }) => error?.message))
  return (['DNSProvider', 'WANAddress'] as const).flatMap((kind) => {
    return [...store.list(kind)].flatMap(({ metadata, status }) => {
      const name = `${kind} ${refText(metadata)}`
      const message = unlisted.has(name) ? undefined : findProblem(status?.conditions ?? [], ['False'])
      return message === undefined || ofZones.has(message) ? [] : `${name}: ${message}`
    })
  })
}

/** The names of records that nobody could look at in time. */
export function listUnseen(engine: Engine, store: Objects): readonly string[] {
  const seen = new Set([...engine.records()].filter(({ derivation }) => derivation !== undefined).map(({ ref }) => ref))
  return [...store.list('DynamicDNSRecord')].flatMap(({ metadata, resource }) => {
    return seen.has(refText(metadata)) ? [] : (resource?.spec.hostnames ?? [])
  })
}

function findProblem(conditions: Conditions, statuses: readonly string[]): string | undefined {
  const wrong = TELLING.flatMap((telling) => conditions.find(({ type }) => type === telling) ?? [])
  return wrong.find(({ status }) => statuses.includes(status))?.message
}
