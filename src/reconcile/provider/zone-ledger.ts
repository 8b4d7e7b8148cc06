// What is wrong, held or refused in a zone, by resource and key, as of the last pass that looked at the name. What is not in it is well.
import type { ZoneReport } from '../../apply/zone-pass.ts'
import type { Fqdn } from '../../model/name.ts'
import { describeHandover, keyText, type RecordKey, type ResourceRef, type StoredSet } from '../../model/record-set.ts'
import { describeChange } from '../../plan/describe-change.ts'
import type { Change } from '../../plan/plan.ts'
import type { ChangeOutcome } from '../../providers/provider.ts'
import type { KeyResult } from '../../status/record-results.ts'

export type Trouble = Exclude<KeyResult, { readonly kind: 'insync' | 'applied' }>

interface Entry {
  readonly uid: string
  readonly key: string
  readonly trouble: Trouble | undefined
  readonly note: string | undefined
}

/** The uids of those whose values are there. */
type HoldersAt = (key: RecordKey) => readonly string[]

const AWAITING: Trouble = { kind: 'held', reason: 'AwaitingApproval', message: 'the change waits for an approval' }

export class ZoneLedger {
  readonly #byName = new Map<Fqdn, ReadonlyMap<string, Entry>>()

  troubleOf(uid: string, key: RecordKey): Trouble | undefined {
    return this.#byName.get(key.name)?.get(entryKey(uid, keyText(key)))?.trouble
  }

  noteOf(uid: string, key: RecordKey): string | undefined {
    return this.#byName.get(key.name)?.get(entryKey(uid, keyText(key)))?.note
  }

  /** Whether something could not be written, or not confirmed, and will be tried again by itself. */
  get isUnfinished(): boolean {
    return [...this.#byName.values()].some((entries) =>
      [...entries.values()].some(({ trouble }) => isUnfinished(trouble)),
    )
  }

  /** Takes in a pass, after which `holdersAt` has a key. Returns the resources for which anything is other than before, or was written. */
  learn(report: ZoneReport, holdersAt: HoldersAt = () => []): ReadonlySet<string> {
    const found = new Map<Fqdn, Map<string, Entry>>()
    const put = ({ resource: { uid }, key }: Place, part: Partial<Entry>): void => {
      const atName = found.get(key.name) ?? new Map<string, Entry>()
      const text = entryKey(uid, keyText(key))
      const blank: Entry = { uid, key: keyText(key), trouble: undefined, note: undefined }
      found.set(key.name, atName.set(text, { ...blank, ...atName.get(text), ...part }))
    }
    for (const [place, trouble] of this.#listTroubles(report, holdersAt)) put(place, { trouble })
    for (const note of report.plan.notes) put(note, { note: note.message })
    const touched = new Set(report.outcomes.map(({ change }) => change.resource.uid))
    for (const name of report.names ?? new Set([...this.#byName.keys(), ...found.keys()])) {
      const after = found.get(name)
      for (const uid of listDifferences(this.#byName.get(name), after)) touched.add(uid)
      if (after === undefined) this.#byName.delete(name)
      else this.#byName.set(name, after)
    }
    return touched
  }

  /** In order of weight: what comes later stands over what came before. */
  *#listTroubles(report: ZoneReport, holdersAt: HoldersAt): Generator<readonly [Place, Trouble | undefined]> {
    const { plan, refusals, heldByMode, heldByDryRun, verdict, outcomes } = report
    yield* listHandovers(report, holdersAt)
    for (const change of plan.changes) {
      // One that has no outcome was tried before and waits for its next try: what was said of it holds.
      yield [change, this.troubleOf(change.resource.uid, change.key) ?? { kind: 'skipped' }]
    }
    for (const outcome of outcomes) yield [outcome.change, troubleFrom(outcome)]
    for (const hold of plan.holds) yield [hold, { kind: 'held', reason: hold.reason, message: hold.message }]
    if (verdict.verdict === 'held') {
      const trouble: Trouble = { kind: 'held', reason: 'GuardHeld', message: verdict.message }
      for (const change of verdict.held) yield [change, trouble]
    }
    for (const change of heldByDryRun) yield [change, heldByRehearsal(change)]
    for (const change of heldByMode) yield [change, AWAITING]
    for (const refusal of refusals) {
      const { key, resource } = refusal
      if (key !== undefined)
        yield [
          { key, resource },
          { kind: 'refused', refusal },
        ]
    }
  }
}

interface Place extends Pick<Change, 'key'> {
  readonly resource: Pick<ResourceRef, 'uid'>
}

/** Whoever gave up what another takes over has it for as long as that is not done, or may not be. */
function* listHandovers({ plan, outcomes }: ZoneReport, holdersAt: HoldersAt): Generator<readonly [Place, Trouble]> {
  const done = new Set(outcomes.flatMap(({ kind, change }) => (kind === 'applied' ? keyText(change.key) : [])))
  for (const change of plan.changes) {
    if (!done.has(keyText(change.key))) yield* listGivers(change.key, change.resource, listHolders(change))
  }
  for (const { key, resource } of plan.refusals) {
    if (key !== undefined) yield* listGivers(key, resource, holdersAt(key))
  }
}

function* listGivers(
  key: RecordKey,
  taker: ResourceRef,
  holders: readonly string[],
): Generator<readonly [Place, Trouble]> {
  const message = describeHandover(key, taker)
  for (const uid of holders) {
    if (uid !== taker.uid)
      yield [
        { key, resource: { uid } },
        { kind: 'held', reason: 'Progressing', message },
      ]
  }
}

/** The uids of those whose values were there before the change. */
export function listHolders(change: Change): readonly string[] {
  return change.kind === 'create' ? [] : holdersOf(change.previous)
}

export function holdersOf(stored: StoredSet | undefined): readonly string[] {
  return stored?.values.flatMap(({ owner }) => owner?.uid ?? []) ?? []
}

function entryKey(uid: string, key: string): string {
  return `${uid} ${key}`
}

/** A dry run is made to see what would be done. */
function heldByRehearsal(change: Change): Trouble {
  const message = `Stoa runs with --dry-run, so nothing is written; it would ${describeChange(change)}`
  return { kind: 'held', reason: 'PlanHeld', message }
}

function isUnfinished(trouble: Trouble | undefined): boolean {
  if (trouble === undefined) return false
  if (trouble.kind === 'skipped') return true
  return (trouble.kind === 'failed' || trouble.kind === 'unconfirmed') && trouble.error.kind !== 'terminal'
}

function troubleFrom(outcome: ChangeOutcome): Trouble | undefined {
  switch (outcome.kind) {
    case 'applied':
      return undefined
    case 'failed':
    case 'outdated':
      return { kind: 'failed', error: outcome.error }
    case 'unconfirmed':
      return { kind: 'unconfirmed', error: outcome.error }
    case 'skipped':
      return { kind: 'skipped' }
  }
}

function listDifferences(
  before: ReadonlyMap<string, Entry> | undefined,
  after: ReadonlyMap<string, Entry> | undefined,
): readonly string[] {
  const entries = [...(before?.values() ?? []), ...(after?.values() ?? [])]
  return entries
    .filter(({ uid, key }) => textOf(before?.get(entryKey(uid, key))) !== textOf(after?.get(entryKey(uid, key))))
    .map(({ uid }) => uid)
}

function textOf(entry: Entry | undefined): string {
  const { trouble, note = '' } = entry ?? {}
  if (trouble === undefined) return note
  switch (trouble.kind) {
    case 'skipped':
      return `skipped ${note}`
    case 'held':
      return `held ${trouble.reason} ${trouble.message} ${note}`
    case 'refused':
      return `refused ${trouble.refusal.reason} ${trouble.refusal.message} ${note}`
    case 'failed':
    case 'unconfirmed':
      return `${trouble.kind} ${trouble.error.reason} ${trouble.error.message} ${note}`
  }
}
