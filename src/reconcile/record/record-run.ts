// From what was wanted and what the zones hold to what a record's status says of it. Reads, never writes.
import { formatTime } from '../../api/date-time.ts'
import type { FailoverStatus } from '../../api/generated/dynamic-dns-record.ts'
import type { FailoverMemory } from '../../desired/choose-group.ts'
import type { CutSet } from '../../desired/build-updates.ts'
import type { Derivation } from '../../desired/derivation.ts'
import { TransientError, type ReconcileError } from '../../model/errors.ts'
import type { Intent } from '../../model/intent.ts'
import { keyText, type RecordKey } from '../../model/record-set.ts'
import type { ZoneRef } from '../../model/zone.ts'
import type { Gate } from '../../plan/gate-changes.ts'
import { uniteHashes } from '../../plan/hash-plan.ts'
import type { KeyOutcome, KeyResult, RecordRun, WaitingPlan } from '../../status/record-results.ts'
import type { ZoneDesk } from '../provider/zone-desk.ts'
import type { RecordState } from './record-state.ts'

export type FindDesk = (zone: ZoneRef) => ZoneDesk | undefined

export function summarizeRun(
  { uid, derivation, gates, applied, consumed }: RecordState,
  findDesk: FindDesk,
): RecordRun | undefined {
  if (derivation === undefined) return undefined
  const plan = uniteGates(gates.values())
  const outcomes = derivation.intents.flatMap((intent) =>
    describeIntent(intent, { uid, derivation, applied, findDesk }),
  )
  return {
    outcomes: outcomes.map((outcome) => withPlanHash(outcome, plan)),
    refusals: derivation.refusals,
    targets: derivation.targets,
    unknownTargets: derivation.unknownTargets,
    shortfall: derivation.shortfalls.length === 0 ? undefined : derivation.shortfalls.join('; '),
    cut: largestCut(derivation.cuts),
    zones: derivation.zones,
    unread: derivation.zones.filter((zone) => findDesk(zone)?.isRead !== true),
    failover: describeFailover(derivation.failover),
    failoverMessage: derivation.failoverMessage,
    hasWritten: applied.size > 0,
    plan,
    consumedHash: consumed.size === 0 ? undefined : [...consumed].sort().join(','),
  }
}

/** Why not everything could be found out or done, beside what its outcomes say. */
export function findRunError(state: RecordState, findDesk: FindDesk): ReconcileError | undefined {
  const ofZone = findZoneError(state, findDesk)
  if (ofZone !== undefined) return ofZone
  const [waiting] = state.derivation?.waiting ?? []
  return waiting && new TransientError(waiting.reason, `${waiting.name}: ${waiting.message}`)
}

/** Why what is to be looked at cannot be. */
export function findZoneError({ derivation }: RecordState, findDesk: FindDesk): ReconcileError | undefined {
  const pending = derivation?.intents.find(({ zone, key }) => findDesk(zone)?.isPending(key.name) === true)
  return pending && findDesk(pending.zone)?.error
}

/** Whether every name was looked at since it was last touched. */
export function isSettled({ derivation }: RecordState, findDesk: FindDesk): boolean {
  if (derivation === undefined) return false
  const isRead = (zone: ZoneRef): boolean => findDesk(zone)?.isRead ?? true
  return (
    derivation.zones.every(isRead) &&
    derivation.intents.every(({ zone, key }) => findDesk(zone)?.isPending(key.name) !== true)
  )
}

/** Whether all that is left to do is that something of it goes to another, as far as the last pass saw. */
export function isHandingOver({ uid, derivation }: RecordState, findDesk: FindDesk): boolean {
  const troubles = (derivation?.intents ?? []).flatMap(({ zone, key }) => {
    return findDesk(zone)?.ledger.troubleOf(uid, key) ?? []
  })
  return troubles.length > 0 && troubles.every((one) => one.kind === 'held' && one.reason === 'Progressing')
}

/** Whether all is known of what it has: each name has its place, and each zone where something of it may be was read. */
export function isFoundOut({ derivation }: RecordState, findDesk: FindDesk): boolean {
  return derivation?.waiting.length === 0 && areRead(derivation.zones, findDesk)
}

export function areRead(zones: readonly ZoneRef[], findDesk: FindDesk): boolean {
  return zones.every((zone) => findDesk(zone)?.isRead === true)
}

/** What is left of it is nothing: every zone where something may be was read, and holds nothing of it. */
export function isReleased({ uid, derivation }: RecordState, findDesk: FindDesk): boolean {
  if (derivation === undefined) return false
  return derivation.zones.every((zone) => {
    const desk = findDesk(zone)
    const read = desk?.readFor(uid)
    return read !== undefined && read.published.length === 0
  })
}

interface Circumstances {
  readonly uid: string
  readonly derivation: Derivation
  readonly applied: ReadonlyMap<string, string>
  readonly findDesk: FindDesk
}

function describeIntent(intent: Intent, circumstances: Circumstances): readonly KeyOutcome[] {
  const { uid, derivation, findDesk } = circumstances
  const { key, zone } = intent
  const desk = findDesk(zone)
  const stored = desk?.stored(key)
  const ours = stored?.values.filter(({ owner }) => owner?.uid === uid) ?? []
  const result = judgeIntent(intent, desk, circumstances)
  // What was given up and is gone is no longer worth a line.
  if (intent.kind === 'clear' && ours.length === 0 && isWell(result)) return []
  const ttl = stored?.ttl ?? (intent.kind === 'update' ? intent.ttl : 0)
  const adopted = ours.some(({ owner }) => owner?.adopted === true)
  const note = desk?.ledger.noteOf(uid, key) ?? noteFor(key, derivation)
  return [{ key, values: ours.map(({ value }) => value), ttl, adopted, result, note }]
}

function judgeIntent(intent: Intent, desk: ZoneDesk | undefined, { uid, applied }: Circumstances): KeyResult {
  const { key } = intent
  if (intent.kind === 'hold') return { kind: 'held', reason: intent.reason, message: intent.message }
  if (desk === undefined || !desk.isRead || desk.isPending(key.name)) return { kind: 'skipped' }
  const trouble = desk.ledger.troubleOf(uid, key)
  return trouble ?? { kind: applied.has(keyText(key)) ? 'applied' : 'insync' }
}

function isWell({ kind }: KeyResult): boolean {
  return kind === 'insync' || kind === 'applied'
}

function noteFor(key: RecordKey, { notes }: Derivation): string | undefined {
  return notes.find((note) => keyText(note.key) === keyText(key))?.message
}

function largestCut(cuts: readonly CutSet[]): RecordRun['cut'] {
  const [first] = cuts.toSorted((a, b) => b.available - a.available)
  return first && { published: first.published, available: first.available }
}

/** Each zone has a plan of its own; one hash approves them all. */
function uniteGates(gates: Iterable<Gate>): WaitingPlan | undefined {
  const held = [...gates].flatMap((gate) => (gate.kind === 'held' ? gate : []))
  if (held.length === 0) return undefined
  return { hash: uniteHashes(held.map(({ hash }) => hash)), changes: held.flatMap(({ held: changes }) => changes) }
}

function withPlanHash(outcome: KeyOutcome, plan: WaitingPlan | undefined): KeyOutcome {
  const { result } = outcome
  if (plan === undefined || result.kind !== 'held' || result.reason !== 'AwaitingApproval') return outcome
  const message = `${result.message}: annotate the record with dns.stoa.dev/approve: ${plan.hash}`
  return { ...outcome, result: { ...result, message } }
}

function describeFailover(memory: FailoverMemory | undefined): FailoverStatus | undefined {
  if (memory === undefined) return undefined
  const { group, since, betterSince } = memory
  return {
    group,
    since: formatTime(since),
    ...(betterSince !== undefined && { betterSince: formatTime(betterSince) }),
  }
}
