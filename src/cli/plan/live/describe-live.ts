// What a rehearsal found, as a plan to show. Pure.
import { APPROVE_ANNOTATION, type DynamicDNSRecord } from '../../../api/kinds.ts'
import type { ZoneReport } from '../../../apply/zone-pass.ts'
import type { Derivation } from '../../../desired/derivation.ts'
import { isWithin, parseFqdn, parseStoredName, type Fqdn } from '../../../model/name.ts'
import { compareText, describeResource } from '../../../model/record-set.ts'
import { countOf } from '../../../model/text.ts'
import { zoneText } from '../../../model/zone.ts'
import { readApprovals } from '../../../plan/approvals.ts'
import { uniteHashes } from '../../../plan/hash-plan.ts'
import type { Gate } from '../../../plan/gate-changes.ts'
import type { Approval, PlanReport } from '../../../plan/plan-report.ts'
import { describeDerivation } from '../describe-derivation.ts'

export interface RehearsedRecord {
  readonly resource: DynamicDNSRecord
  readonly derivation: Derivation | undefined
  readonly gates: ReadonlyMap<string, Gate>
}

export interface Rehearsal {
  /** The last look at all names of each zone. */
  readonly reports: readonly ZoneReport[]
  readonly records: readonly RehearsedRecord[]
  /** Whether the uids are those that a running Stoa has or will give; else nobody can say what it will ask about. */
  readonly isRemembered: boolean
  /** Names of records that could not even be looked at. */
  readonly unseen: readonly string[]
  readonly warnings: readonly string[]
}

export function describeLive({ reports, records, unseen, isRemembered, warnings }: Rehearsal): PlanReport {
  const sorted = reports.toSorted((a, b) => compareText(zoneText(a.zone), zoneText(b.zone)))
  const byName = records.toSorted((a, b) => compareText(nameOf(a), nameOf(b)))
  const zonesSeen = new Set(sorted.map(({ zone }) => zoneText(zone)))
  const waiting = byName.filter(({ gates }) => [...gates.values()].some(({ kind }) => kind === 'held'))
  return {
    plans: sorted.map(({ plan, refusals }) => ({ ...plan, refusals })),
    refusals: byName.flatMap(({ derivation }) => derivation?.refusals ?? []),
    approvals: [...(isRemembered ? waiting.flatMap(toApproval) : []), ...sorted.flatMap(toGuardApproval)],
    unknown: [...new Set([...unseen, ...byName.flatMap((record) => listUnknown(record, zonesSeen))])].sort(compareText),
    warnings: [
      ...warnings,
      ...byName.flatMap(({ derivation }) => (derivation === undefined ? [] : describeDerivation(derivation))),
      ...(isRemembered ? [] : waiting.map(describeUnknown)),
    ],
  }
}

function nameOf({ resource: { metadata } }: RehearsedRecord): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** Those whose zone could not be found, or not be read. A name that waits for its addresses is known: nothing becomes of it now. */
function listUnknown({ resource, derivation }: RehearsedRecord, zonesSeen: ReadonlySet<string>): readonly string[] {
  const unplaced = derivation?.waiting.filter(({ reason }) => reason === 'ProviderUnavailable') ?? []
  const unread = derivation?.intents.filter(({ zone }) => !zonesSeen.has(zoneText(zone))) ?? []
  return [...unplaced.map(({ name }) => name), ...unread.map(({ key }) => key.name), ...listHidden(resource, zonesSeen)]
}

/** What a record that goes, or an edit, takes out of a zone that was not read: only the status tells of it. */
function listHidden({ status }: DynamicDNSRecord, zonesSeen: ReadonlySet<string>): readonly Fqdn[] {
  const hidden = (status?.zones ?? []).flatMap(({ provider, zone: text }) => {
    const zone = parseFqdn(text)
    return zone === undefined || zonesSeen.has(zoneText({ provider, zone })) ? [] : zone
  })
  const names = (status?.recordSets ?? []).flatMap(({ name }) => parseStoredName(name) ?? [])
  return names.filter((name) => hidden.some((zone) => isWithin(name, zone)))
}

/** One hash for the plans of all zones. */
function toApproval(record: RehearsedRecord): readonly Approval[] {
  const held = [...record.gates.values()].flatMap((gate) => (gate.kind === 'held' ? gate : []))
  const { metadata, spec } = record.resource
  const given = readApprovals({ approve: metadata.annotations?.[APPROVE_ANNOTATION] }, undefined).approve
  const hash = uniteHashes(held.map((gate) => gate.hash))
  if (held.length === 0 || given.includes(hash)) return []
  const changes = countOf(held.flatMap((gate) => gate.held).length, 'change')
  const message = `spec.mode is ${spec.mode}, and ${changes} to approve`
  return [{ kind: 'DynamicDNSRecord', ref: nameOf(record), message, hash }]
}

function toGuardApproval({ zone, verdict }: ZoneReport): readonly Approval[] {
  if (verdict.verdict !== 'held') return []
  const [message = ''] = verdict.message.split(': to go on')
  return [{ kind: 'DNSProvider', ref: zone.provider, message, hash: verdict.hash }]
}

function describeUnknown({ resource: { metadata, spec } }: RehearsedRecord): string {
  const name = describeResource({ ...metadata })
  return `${name} has spec.mode ${spec.mode}: the hash to approve cannot be told without the data directory of Stoa`
}
