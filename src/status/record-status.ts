import { formatTime } from '../api/date-time.ts'
import type { DynamicDNSRecordStatus, PlanStatus, TargetStatus } from '../api/generated/dynamic-dns-record.ts'
import { APPROVE_ANNOTATION, type DynamicDNSRecord } from '../api/kinds.ts'
import { compareText } from '../model/record-set.ts'
import { useApproval } from '../plan/approvals.ts'
import { describeChange } from '../plan/describe-change.ts'
import { commonStatus, ifChanged } from './next-status.ts'
import { judgeProgress, type Progress } from './judge-progress.ts'
import { withLastSeen } from './last-seen.ts'
import { omitUndefined } from './omit-undefined.ts'
import { findRecordIssues } from './record-issues.ts'
import type { RecordResults, RecordRun } from './record-results.ts'
import { settleConditions } from './settle-conditions.ts'
import { stableMessage, trimAtWord } from './stable-message.ts'
import { describeSuccess, listRecordSets, summarizeAddresses, summarizeProviders } from './summarize-records.ts'
import { suspendStatus } from './suspend-status.ts'

const MOST_CHANGES = 100
const LONGEST_SENTENCE = 1024
const MOST_ADDRESSES = 1000

/** The next status of a record, or undefined when there is nothing new to say. Deletion overrides suspend. */
export function deriveRecordStatus(results: RecordResults): DynamicDNSRecordStatus | undefined {
  const { object, now, run } = results
  const { metadata, spec, status: previous } = object
  if (spec.suspend === true && metadata.deletionTimestamp === undefined) return deriveSuspended(results)
  const { all, aspects } = findRecordIssues(results)
  const conditions = settleConditions({
    previous: previous?.conditions ?? [],
    stamp: { generation: metadata.generation, now },
    issues: all,
    aspects,
    success: run === undefined ? 'nothing is left to do' : describeSuccess(run),
    progressDeadlineSeconds: spec.progressDeadlineSeconds,
  })
  const rest = run === undefined ? previous : describeRun(run, object, { now, progress: judgeProgress(results) })
  return ifChanged(previous, { ...rest, ...commonStatus(object, conditions) })
}

/** Nothing new is said of a suspended record, but for what a call that was under way has left. */
function deriveSuspended({ object, now, run }: RecordResults): DynamicDNSRecordStatus | undefined {
  const { status: previous } = object
  if (run?.hasWritten !== true) return suspendStatus(object, now)
  const status = { ...previous, ...describePublished(run, previous, now) }
  return ifChanged(previous, suspendStatus({ ...object, status }, now) ?? status)
}

interface Moment {
  readonly now: number
  readonly progress: Progress
}

function describeRun(run: RecordRun, object: DynamicDNSRecord, moment: Moment): DynamicDNSRecordStatus {
  const { zones, failover } = run
  return omitUndefined({
    ...describePublished(run, object.status, moment.now),
    providers: summarizeProviders(run),
    zones: zones.toSorted((a, b) => compareText(a.zone, b.zone) || compareText(a.provider, b.provider)),
    targets: listTargets(run, object, moment),
    failover,
    plan: describePlan(run, object, moment),
  })
}

function describePublished(
  run: RecordRun,
  previous: DynamicDNSRecordStatus | undefined,
  now: number,
): DynamicDNSRecordStatus {
  const shown = withLastSeen(run, previous?.recordSets)
  return omitUndefined({
    addresses: (run.unread.length > 0 ? previous?.addresses : undefined) ?? summarizeAddresses(run),
    recordSets: listRecordSets(shown),
    recordSetCount: shown.length,
    lastChangeTime: run.hasWritten ? formatTime(now) : previous?.lastChangeTime,
  })
}

function describePlan(
  { plan, consumedHash }: RecordRun,
  { metadata, status }: DynamicDNSRecord,
  { now, progress }: Moment,
): PlanStatus | undefined {
  const previous = status?.plan
  const approve = metadata.annotations?.[APPROVE_ANNOTATION]
  const approvedGeneration = progress === 'InFull' ? metadata.generation : previous?.approvedGeneration
  const appliedHash = useApproval(previous?.appliedHash, consumedHash, { approve })
  const lasting = omitUndefined({ approvedGeneration, appliedHash })
  if (plan === undefined) return Object.keys(lasting).length === 0 ? undefined : lasting
  const { hash, changes } = plan
  return {
    hash,
    firstSeenTime: (previous?.hash === hash ? previous.firstSeenTime : undefined) ?? formatTime(now),
    changes: changes.slice(0, MOST_CHANGES).map((change) => trimAtWord(describeChange(change), LONGEST_SENTENCE)),
    changeCount: changes.length,
    ...lasting,
  }
}

/** While changes are left to do, the record sets still rest on what the targets stood for before. */
function listTargets(
  { targets }: RecordRun,
  { status }: DynamicDNSRecord,
  { progress }: Moment,
): readonly TargetStatus[] {
  if (progress !== 'Pending') return targets.map(capTarget)
  const sources = new Map(status?.targets?.map(({ name, source }) => [name, source]))
  return targets.map((target) => capTarget({ ...target, source: sources.get(target.name) }))
}

type Sourced = Omit<TargetStatus, 'source'> & { readonly source?: string | undefined }

function capTarget(target: Sourced): TargetStatus {
  const { addresses, message } = target
  return omitUndefined({
    ...target,
    addresses: addresses?.slice(0, MOST_ADDRESSES),
    message: message === undefined ? undefined : stableMessage(message),
  })
}
