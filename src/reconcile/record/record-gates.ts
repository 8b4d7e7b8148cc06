// Plan modes: what of each record's changes may go, judged for all its names in a zone together, and what an approval has let through.
import { APPROVE_ANNOTATION, type DynamicDNSRecord } from '../../api/kinds.ts'
import type { Gated, ZoneReport } from '../../apply/zone-pass.ts'
import type { ClaimTable } from '../../desired/claim-table.ts'
import type { Fqdn } from '../../model/name.ts'
import { keyText, type ResourceRef } from '../../model/record-set.ts'
import { zoneText, type ZoneRef } from '../../model/zone.ts'
import { readApprovals } from '../../plan/approvals.ts'
import type { Footing } from '../../model/footing.ts'
import { gateChanges, type Gate } from '../../plan/gate-changes.ts'
import { uniteHashes } from '../../plan/hash-plan.ts'
import type { Change } from '../../plan/plan.ts'
import { withEntry, type RecordState } from './record-state.ts'

/** Resources, by uid, that a pass planned changes for, and for which it did not finish all. */
interface PassTraces {
  readonly planned: ReadonlySet<string>
  readonly unfinished: ReadonlySet<string>
}

export class RecordGates {
  readonly #claims: ClaimTable
  readonly #byUid: (uid: string) => RecordState | undefined
  /** The plans of all its zones are approved. */
  readonly #onApproved: (state: RecordState) => void
  /** Those whose mode may hold something back. */
  readonly #gated = new Set<RecordState>()

  constructor(
    claims: ClaimTable,
    byUid: (uid: string) => RecordState | undefined,
    onApproved: (state: RecordState) => void,
  ) {
    this.#claims = claims
    this.#byUid = byUid
    this.#onApproved = onApproved
  }

  /**
   * The names, and those that must be looked at with them: a plan is shown, approved and carried out whole, so whoever touches one of
   * its names brings in the others.
   */
  together(zone: ZoneRef, names: readonly Fqdn[]): readonly Fqdn[] {
    const all = new Set(names)
    // Those that come in are visited, too: they may stand in somebody else's plan.
    for (const name of all) {
      for (const uid of this.#claims.claimants(zone, [name])) {
        for (const other of this.#namesOfPlan(zone, uid)) all.add(other)
      }
    }
    return all.size === names.length ? names : [...all].sort()
  }

  #namesOfPlan(zone: ZoneRef, uid: string): readonly Fqdn[] {
    const { resource, derivation } = this.#byUid(uid) ?? {}
    if (resource === undefined || derivation === undefined || resource.spec.mode === 'Apply') return []
    const text = zoneText(zone)
    return derivation.intents.flatMap((intent) => (zoneText(intent.zone) === text ? intent.key.name : []))
  }

  /** The part of a record's changes in a zone that its mode lets pass. */
  judge(zone: ZoneRef, { uid }: ResourceRef, changes: readonly Change[]): Gated {
    const state = this.#byUid(uid)
    // What nobody asks for any more is only ever given up, and that was decided when it was derived.
    if (state?.derivation === undefined) return { apply: changes, held: [] }
    const { resource, derivation } = state
    const { metadata, spec } = resource
    if (spec.mode === 'Apply') {
      this.#close(state, zone)
      return { apply: changes, held: [] }
    }
    const gate = this.#gate(state, derivation.footing, zone, changes)
    if (gate.kind === 'open' && gate.consumedHash !== undefined) {
      const { generation } = metadata
      const approved = { hash: gate.consumedHash, generation, changes: gate.apply }
      state.unfinished = withEntry(state.unfinished, zoneText(zone), approved)
    }
    state.gates = withEntry(state.gates, zoneText(zone), gate)
    this.#gated.add(state)
    return { apply: gate.apply, held: gate.kind === 'held' ? gate.held : [] }
  }

  #gate(state: RecordState, current: Footing, zone: ZoneRef, changes: readonly Change[]): Gate {
    const { resource, footing: previous } = state
    const { metadata, spec, status } = resource
    const gateWith = (approvedHashes: readonly string[]): Gate =>
      gateChanges({
        ...{ mode: spec.mode, changes, previous, current, approvedHashes },
        generation: metadata.generation,
        approvedGeneration: status?.plan?.approvedGeneration,
        unfinished: state.unfinished.get(zoneText(zone)),
        deleting: metadata.deletionTimestamp !== undefined,
      })
    const approved = listApproved(state)
    const gate = gateWith(approved)
    if (gate.kind === 'open') return gate
    const others = [...state.gates].flatMap(([text, other]) => {
      return other.kind === 'held' && text !== zoneText(zone) ? other.hash : []
    })
    const hash = uniteHashes([gate.hash, ...others])
    if (!approved.includes(hash)) return gate
    // Whoever was judged before the plans of all zones were known is judged again.
    state.approvedPlan = { hash, open: [gate.hash, ...others] }
    this.#onApproved(state)
    return gateWith(listApproved(state))
  }

  learn({ zone, names, plan, outcomes }: ZoneReport): void {
    if (this.#gated.size === 0) return
    const done = new Set(outcomes.flatMap(({ kind, change }) => (kind === 'applied' ? keyText(change.key) : [])))
    const planned = new Set(plan.changes.map(({ resource }) => resource.uid))
    // Failed, held by another brake, or waiting for its next try: what was let through here and is not done.
    const left = plan.changes.filter(({ key }) => !done.has(keyText(key)))
    const unfinished = new Set(left.map(({ resource }) => resource.uid))
    for (const state of this.#gated) {
      if (isLookedAt(state, names)) this.#settle(state, zone, { planned, unfinished })
    }
  }

  forget(state: RecordState): void {
    this.#gated.delete(state)
  }

  /** A gate that held something stays for as long as there is something to hold. */
  #settle(state: RecordState, zone: ZoneRef, { planned, unfinished }: PassTraces): void {
    const gate = state.gates.get(zoneText(zone))
    if (gate === undefined || (gate.kind === 'held' && planned.has(state.uid))) return
    this.#close(state, zone)
    if (gate.kind !== 'open' || gate.consumedHash === undefined || unfinished.has(state.uid)) return
    state.unfinished = withEntry(state.unfinished, zoneText(zone), undefined)
    consume(state, gate.consumedHash)
  }

  #close(state: RecordState, zone: ZoneRef): void {
    if (!state.gates.has(zoneText(zone))) return
    state.gates = withEntry(state.gates, zoneText(zone), undefined)
    if (state.gates.size === 0) this.#gated.delete(state)
  }
}

/** What a person has approved and was not used up, and what is left of the plans of several zones that were begun with it. */
function listApproved({ resource, consumed, approvedPlan }: RecordState): readonly string[] {
  const unused = approvalsOf(resource).approve.filter((hash) => !consumed.has(hash))
  const written = readApprovals({ approve: resource.metadata.annotations?.[APPROVE_ANNOTATION] }, undefined).approve
  const begun = approvedPlan !== undefined && written.includes(approvedPlan.hash) ? approvedPlan.open : []
  return [...unused, ...begun]
}

/** The approval of several plans is used up with the first of them, so that a restart knows of it; the others need no other meanwhile. */
function consume(state: RecordState, hash: string): void {
  const { approvedPlan: plan } = state
  const isPart = plan?.open.includes(hash) === true
  state.consumed = new Set([...state.consumed, isPart ? plan.hash : hash])
  if (isPart) state.approvedPlan = { ...plan, open: plan.open.filter((one) => one !== hash) }
}

export function approvalsOf({ metadata, status }: DynamicDNSRecord): ReturnType<typeof readApprovals> {
  return readApprovals({ approve: metadata.annotations?.[APPROVE_ANNOTATION] }, status?.plan?.appliedHash)
}

function isLookedAt({ derivation }: RecordState, names: readonly Fqdn[] | undefined): boolean {
  if (names === undefined) return true
  const looked = new Set<string>(names)
  return derivation?.intents.some(({ key }) => looked.has(key.name)) === true
}
