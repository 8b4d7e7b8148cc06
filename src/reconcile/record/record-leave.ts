// A record that is being deleted: whether something of it may still be in DNS, and what it waits for.
import { RECORDS_FINALIZER, type ObjectMeta } from '../../api/kinds.ts'
import { mayLieWithin } from '../../desired/expand-hostname.ts'
import { locatedKeyText } from '../../desired/published.ts'
import { TransientError, type ReconcileError } from '../../model/errors.ts'
import { isWithin } from '../../model/name.ts'
import { listSome } from '../../model/text.ts'
import { refText } from '../object-keys.ts'
import type { ProviderBoard } from '../provider/provider-board.ts'
import type { ZoneDesk } from '../provider/zone-desk.ts'
import { isReleased, type FindDesk } from './record-run.ts'
import type { RecordState } from './record-state.ts'

const ESCAPE = 'to let the object go without, take off its finalizer dns.stoa.dev/records'

/** It is on its way out and nothing of it is left to us: others, or a person in a hurry, keep it or let it go. */
export function isLetGo(metadata: ObjectMeta): boolean {
  return metadata.deletionTimestamp !== undefined && !hasOurFinalizer(metadata)
}

export function hasOurFinalizer({ finalizers = [] }: ObjectMeta): boolean {
  return finalizers.includes(RECORDS_FINALIZER)
}

/** Nothing of it is left anywhere; that cannot be known yet, and deriving it anew may tell; something of it is there. */
export type Leave = 'free' | 'unknown' | 'bound'

export function judgeLeave(
  state: RecordState,
  providers: Pick<ProviderBoard, 'mayHideZone' | 'desks'>,
  findDesk: FindDesk,
): Leave {
  if (mayBeHidden(state, providers)) return 'unknown'
  if (isReleased(state, findDesk)) return mayYetAppear(state, providers.desks()) ? 'unknown' : 'free'
  return hasUnclaimed(state, findDesk) ? 'unknown' : 'bound'
}

/**
 * Whether something of it may be in a zone that was not read yet. What was written just before the process was killed stands in no
 * status, so a name that no pinned zone accounts for may be in any other.
 */
function mayBeHidden(
  { resource: { spec, metadata }, memory }: RecordState,
  providers: Pick<ProviderBoard, 'mayHideZone'>,
): boolean {
  const { namespace } = metadata
  const lost = spec.hostnames.filter((hostname) => !memory.zones.some(({ zone }) => isWithin(hostname, zone)))
  const only = spec.providerRef && refText({ namespace, ...spec.providerRef })
  return lost.length > 0 && providers.mayHideZone((zone) => lost.some((hostname) => mayLieWithin(hostname, zone)), only)
}

/** Whether something of it may yet turn up in a zone: it was being written when the record was given up, or nobody knows whether it was. */
function mayYetAppear({ uid }: RecordState, desks: Iterable<Pick<ZoneDesk, 'mayYetHold'>>): boolean {
  return [...desks].some((desk) => desk.mayYetHold(uid))
}

/** Whether something of it has turned up since it was derived. */
function hasUnclaimed({ uid, derivation }: RecordState, findDesk: FindDesk): boolean {
  const spokenOf = new Set(derivation?.intents.map(({ zone, key }) => locatedKeyText(zone, key)))
  return (derivation?.zones ?? []).some((zone) => {
    const published = findDesk(zone)?.readFor(uid)?.published ?? []
    return published.some(({ key }) => !spokenOf.has(locatedKeyText(zone, key)))
  })
}

export function explainHidden(): ReconcileError {
  const message = `whether it has record sets at a DNSProvider is not known yet; ${ESCAPE}`
  return new TransientError('ProviderUnavailable', message)
}

/** Which of its zones are out of reach. */
export function explainStay({ derivation, uid }: RecordState, findDesk: FindDesk): ReconcileError | undefined {
  const lost = (derivation?.zones ?? []).filter((zone) => findDesk(zone)?.readFor(uid) === undefined)
  if (lost.length === 0) return undefined
  const texts = lost.map(({ zone, provider }) => `${zone} at DNSProvider ${provider}`)
  const message = `its record sets in ${listSome(texts, 3)} cannot be removed until that is back; ${ESCAPE}`
  return new TransientError('ProviderUnavailable', message)
}
