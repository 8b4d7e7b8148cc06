import { formatTime } from '../api/date-time.ts'
import type {
  DNSProviderStatus,
  HeldPlan,
  OrphanStatus,
  RecentDeletions,
  ZoneStatus,
} from '../api/generated/dns-provider.ts'
import { APPROVE_ANNOTATION, PRUNE_ANNOTATION, type DNSProvider } from '../api/kinds.ts'
import type { ReconcileError } from '../model/errors.ts'
import type { Fqdn } from '../model/name.ts'
import { compareText, describeKey } from '../model/record-set.ts'
import { countOf, listSome } from '../model/text.ts'
import { useApproval, type ApprovalAnnotations } from '../plan/approvals.ts'
import { describeChange } from '../plan/describe-change.ts'
import type { PastDeletion, SafetyVerdict } from '../plan/judge-safety.ts'
import type { Orphans } from '../plan/orphans.ts'
import { errorToOutcome } from './error-to-outcome.ts'
import { commonStatus, ifChanged } from './next-status.ts'
import { omitUndefined } from './omit-undefined.ts'
import { issueFrom, settleConditions, worstIssue, type Aspect, type Issue } from './settle-conditions.ts'
import { stableMessage, trimAtWord } from './stable-message.ts'

/** What was counted in a zone. */
export interface ZoneCounts {
  readonly recordSets: number
  readonly owned: number
  readonly orphans: Orphans
}

export interface ZoneResults {
  readonly name: Fqdn
  /** Why the zone cannot be served just now. */
  readonly error: ReconcileError | undefined
  /** Undefined when it could not be listed: what the status already says of it then stays. */
  readonly counts: ZoneCounts | undefined
  readonly held: Extract<SafetyVerdict, { readonly verdict: 'held' }> | undefined
  /** What the guard counts. Undefined: nothing but what the status already says. */
  readonly deletions: PastDeletion | undefined
  /** Why orphans that were to be removed are still there. Undefined: nothing but what the status already says of the same ones. */
  readonly pruneProblem: string | undefined
  /** The approval that this run used up. */
  readonly consumedHash: string | undefined
}

export interface ProviderResults {
  readonly object: DNSProvider
  /** Milliseconds since the epoch. */
  readonly now: number
  /** A terminal one says that they are not accepted, another one that this could not be found out. */
  readonly credentialsError: ReconcileError | undefined
  /** Why the zones could not be found out, or not all of them may be used. */
  readonly zonesError: ReconcileError | undefined
  /** Undefined when nothing is known of the zones. */
  readonly zones: readonly ZoneResults[] | undefined
}

const MOST_ZONES = 500
const MOST_ORPHANS = 20
const MOST_EXAMPLES = 10
const MOST_DELETED_NAMES = 5
const MOST_IN_A_COLUMN = 4
const LONGEST_TEXT = 1024
const LONGEST_KEY = 400

export function deriveProviderStatus(results: ProviderResults): DNSProviderStatus | undefined {
  const { object, now, credentialsError, zonesError, zones = [] } = results
  const { metadata, status: previous } = object
  const ofCredentials = issuesOf(credentialsError)
  const ofZones = [...issuesOf(zonesError), ...zones.flatMap(({ error }) => issuesOf(error))]
  const conditions = settleConditions({
    previous: previous?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues: [...ofCredentials, ...ofZones, ...zones.flatMap(heldIssue), ...deletionIssue(object)],
    aspects: [
      describeAspect('CredentialsValid', ofCredentials, 'the credentials are accepted'),
      describeAspect('ZonesFound', [...ofCredentials, ...ofZones], `${countOf(zones.length, 'zone')} found`),
    ],
    success: `serving ${summarizeZones(zones)}`,
    progressDeadlineSeconds: undefined,
  })
  const rest = results.zones === undefined ? previous : describeZones(results.zones, object)
  return ifChanged(previous, { ...rest, ...commonStatus(object, conditions) })
}

function issuesOf(error: ReconcileError | undefined): readonly Issue[] {
  return error === undefined ? [] : [issueFrom(errorToOutcome(error))]
}

function heldIssue({ held }: ZoneResults): readonly Issue[] {
  return held === undefined ? [] : [{ severity: 'waiting', reason: 'GuardHeld', message: stableMessage(held.message) }]
}

/** One that no record needs is gone before anything is said of it. */
function deletionIssue({ metadata: { deletionTimestamp } }: DNSProvider): readonly Issue[] {
  if (deletionTimestamp === undefined) return []
  const message =
    'it is being deleted, and stays for as long as a DynamicDNSRecord has anything here: ' +
    'delete those records, or give them another DNSProvider'
  return [{ severity: 'progressing', reason: 'Deleting', message }]
}

function describeAspect(type: Aspect['type'], issues: readonly Issue[], success: string): Aspect {
  const worst = worstIssue(issues)
  if (worst === undefined) return { type, status: 'True', reason: 'Succeeded', message: success }
  return {
    type,
    status: worst.severity === 'terminal' ? 'False' : 'Unknown',
    reason: worst.reason,
    message: worst.message,
  }
}

function summarizeZones(zones: readonly ZoneResults[]): string {
  const names = zones.map(({ name }) => name).sort(compareText)
  return trimAtWord(listSome(names, MOST_IN_A_COLUMN), LONGEST_TEXT) || 'no zone'
}

function describeZones(zones: readonly ZoneResults[], { metadata, status }: DNSProvider): DNSProviderStatus {
  const known = new Map(status?.zones?.map((zone) => [zone.name, zone]))
  const { [APPROVE_ANNOTATION]: approve, [PRUNE_ANNOTATION]: prune } = metadata.annotations ?? {}
  const sorted = zones.toSorted((a, b) => compareText(a.name, b.name)).slice(0, MOST_ZONES)
  return {
    zoneSummary: summarizeZones(zones),
    zones: sorted.map((zone) => describeZone(zone, known.get(zone.name), { approve, prune })),
  }
}

function describeZone(
  { name, counts, held, deletions, pruneProblem, consumedHash }: ZoneResults,
  previous: ZoneStatus | undefined,
  approvals: ApprovalAnnotations,
): ZoneStatus {
  return omitUndefined({
    name,
    ...(counts === undefined ? countsOf(previous) : describeCounts(counts, pruneProblem, previous?.orphans)),
    heldPlan: held === undefined ? undefined : describeHeld(held),
    recentDeletions: deletions === undefined ? previous?.recentDeletions : describeDeletions(deletions),
    appliedHash: useApproval(previous?.appliedHash, consumedHash, approvals),
  })
}

type CountsStatus = { readonly [Field in 'recordSets' | 'owned' | 'orphans']: ZoneStatus[Field] | undefined }

function countsOf(previous: ZoneStatus | undefined): CountsStatus {
  return { recordSets: previous?.recordSets, owned: previous?.owned, orphans: previous?.orphans }
}

function describeCounts(
  { recordSets, owned, orphans }: ZoneCounts,
  problem: string | undefined,
  previous: OrphanStatus | undefined,
): CountsStatus {
  return { recordSets, owned, orphans: describeOrphans(orphans, problem, previous) }
}

function describeOrphans(
  { count, hash, keys }: Orphans,
  problem: string | undefined,
  previous: OrphanStatus | undefined,
): OrphanStatus | undefined {
  if (count === 0) return undefined
  const said = previous?.hash === hash ? previous.message : undefined
  return omitUndefined({
    ...{ count, hash },
    names: keys.slice(0, MOST_ORPHANS).map((key) => describeKey(key).slice(0, LONGEST_KEY)),
    message: problem === undefined ? said : stableMessage(problem),
  })
}

function describeHeld({ hash, deletes, held }: NonNullable<ZoneResults['held']>): HeldPlan {
  const examples = held.slice(0, MOST_EXAMPLES).map((change) => trimAtWord(describeChange(change), LONGEST_TEXT))
  return { hash, deletes, examples }
}

/** More names than one are as good as all of them: the guard only asks whether it was a single one. */
function describeDeletions({ at, sets, names }: PastDeletion): RecentDeletions {
  return { time: formatTime(at), recordSets: sets, names: names.slice(0, MOST_DELETED_NAMES) }
}
