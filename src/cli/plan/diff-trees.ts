// Two trees of manifests to the DNS changes between them, without a look at the world. Pure: reading the trees is somebody else's work.
import type { DNSProvider, DynamicDNSRecord, KindName, NodePool, WANAddress } from '../../api/kinds.ts'
import type { Labels } from '../../api/label-selector.ts'
import { NOTHING_FOUND } from '../../api/manifest/nothing-found.ts'
import type { NodeObject } from '../../api/node.ts'
import { SymbolicAddresses, type SymbolSource } from '../../desired/symbolic-addresses.ts'
import { createSymbolicSources } from '../../desired/symbolic-sources.ts'
import type { ReferenceTo } from '../../desired/target-context.ts'
import { canonicalText } from '../../model/canonical-text.ts'
import { compareText } from '../../model/record-set.ts'
import type { PlanReport } from '../../plan/plan-report.ts'
import { findObject, isObjectEntry, type ObjectEntry, type StoreState } from '../../store/git/state.ts'
import { storedObjectOf } from '../../store/git/stored-objects.ts'
import { describeFinding, type Finding, type Tree } from '../../store/git/tree.ts'
import type { ObjectOf } from '../../store/store.ts'
import { followTree, NOTHING_FOLLOWED } from './follow-tree.ts'
import { presumeProviders } from './presumed-providers.ts'
import { settleReport } from './settle-report.ts'
import { TreeWorld, type WorldPlan } from './tree-world.ts'

export interface TreeDiff {
  readonly report: PlanReport
  /** Of the newer tree. */
  readonly findings: readonly Finding[]
  /** Whether a provider, a zone or a Secret that the plan rests on could not be read. */
  readonly isPartial: boolean
}

/** Records looked at, of both trees. */
export interface Progress {
  readonly done: number
  readonly total: number
}

const BEFORE = '2000-01-01T00:00:00Z'
/** Later than any grace or window. */
const AFTER = '2001-01-01T00:00:00Z'

/** Yields how far it has come. */
export function* diffTrees(before: Tree, after: Tree): Generator<Progress, TreeDiff> {
  const old = followTree(NOTHING_FOLLOWED, before, BEFORE)
  const next = followTree(old.state, after, AFTER)
  const oldRecords = listObjects(old.state, 'DynamicDNSRecord').map(withoutSuspend)
  const records = listObjects(next.state, 'DynamicDNSRecord')
  const total = oldRecords.length + records.length
  const symbols = new SymbolicAddresses()
  const missing = new Set<string>()
  const world = new TreeWorld()

  function* follow(state: StoreState, own: readonly DynamicDNSRecord[], now: number): Generator<Progress, Followed> {
    const providers = listObjects(state, 'DNSProvider')
    const { index, presumptions } = presumeProviders(providers, own, own === records ? oldRecords : records)
    const sources = createSymbolicSources(openObjects(state, now), symbols, (source) => missing.add(sourceText(source)))
    const byRef = new Map(providers.map((provider) => [refOf(provider), provider]))
    const labelsOf = (namespace: string): Labels | undefined => findLabels(state, namespace)
    const steps = world.follow({ records: own, providers: byRef, index, sources, labelsOf, now })
    const offset = own === records ? oldRecords.length : 0
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) yield { done: offset + step.value, total }
    return { plan: step.value, presumptions }
  }

  yield* follow(old.state, oldRecords, Date.parse(BEFORE))
  missing.clear()
  const { plan, presumptions } = yield* follow(next.state, records, Date.parse(AFTER))
  const warnings = [
    ...next.findings.map(describeFinding),
    ...([before, after].some(hasAnything) ? [] : [NOTHING_FOUND]),
    ...presumptions,
    ...[...missing].sort(compareText).map((source) => `${source} is not among these manifests`),
    ...describeEdits(old.state, next.state, symbols.sources()),
    ...describeModes(plan, records),
    ...plan.warnings,
  ]
  return { report: settleReport({ ...plan, warnings }, symbols.words()), findings: next.findings, isPartial: false }
}

function hasAnything({ items, findings }: Tree): boolean {
  return items.length > 0 || findings.length > 0
}

interface Followed {
  readonly plan: WorldPlan
  readonly presumptions: readonly string[]
}

function listObjects<Kind extends KindName>(state: StoreState, kind: Kind): readonly ObjectOf<Kind>[] {
  return [...(state.entries.get(kind)?.values() ?? [])].flatMap((entry) => {
    return (isObjectEntry(entry) ? storedObjectOf<Kind>(entry).resource : undefined) ?? []
  })
}

function find<Kind extends KindName>(state: StoreState, kind: Kind, key: ReferenceTo): ObjectOf<Kind> | undefined {
  const entry = findObject(state, kind, key)
  return entry && storedObjectOf<Kind>(entry).resource
}

/** What a suspended record had published is not known; most likely what it says. */
function withoutSuspend(record: DynamicDNSRecord): DynamicDNSRecord {
  return record.spec.suspend === true ? { ...record, spec: { ...record.spec, suspend: false } } : record
}

function openObjects(state: StoreState, now: number): Parameters<typeof createSymbolicSources>[0] {
  return {
    pool: (reference): NodePool | undefined => find(state, 'NodePool', reference),
    wan: (reference): WANAddress | undefined => find(state, 'WANAddress', reference),
    nodes: [...(state.entries.get('Node')?.values() ?? [])].flatMap((entry): NodeObject | readonly NodeObject[] => {
      return entry.kind === 'Node' ? entry.node : []
    }),
    now,
  }
}

function findLabels(state: StoreState, namespace: string): Labels | undefined {
  const entry = state.entries.get('Namespace')?.get(`/${namespace}`)
  return entry?.kind === 'Namespace' ? entry.labels : undefined
}

function refOf({ metadata }: DNSProvider): string {
  return `${metadata.namespace}/${metadata.name}`
}

function sourceText({ kind, namespace, name }: SymbolSource): string {
  return `${kind} ${namespace}/${name}`
}

/** A symbol reads the same before and after, whatever became of what it stands for. */
function describeEdits(old: StoreState, next: StoreState, sources: readonly SymbolSource[]): readonly string[] {
  return sources.flatMap(({ kind, ...key }) => {
    if (kind === 'Service') return []
    const [before, after] = [findObject(old, kind, key), findObject(next, kind, key)]
    if (before === undefined || after === undefined || worldPart(before) === worldPart(after)) return []
    const text = sourceText({ kind, ...key })
    return [`${text} is edited: what it gives may be other addresses, which only a plan against the world can tell`]
  })
}

/** Hosts are no symbols: what becomes of them is in the plan. */
function worldPart({ spec }: ObjectEntry): string {
  return canonicalText({ ...Object(spec), hosts: null })
}

/** Of resources that change something. */
function describeModes({ plans }: WorldPlan, records: readonly DynamicDNSRecord[]): readonly string[] {
  const changing = new Set(plans.flatMap(({ changes }) => changes.map(({ resource }) => resource.uid)))
  return records
    .filter(({ metadata, spec }) => spec.mode !== 'Apply' && changing.has(metadata.uid))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec }) => {
      return `${metadata.namespace}/${metadata.name} has spec.mode ${spec.mode}: its changes wait for an approval`
    })
}
