// From what the targets of a record contribute to at most one intent per key.
import type { Fqdn } from '../model/name.ts'
import { buildUpdates } from './build-updates.ts'
import { decideEntry, type EntryDecision } from './decide-entry.ts'
import type { Derivation, DeriveInput } from './derivation.ts'
import { canGive, expandEntry } from './expand-entry.ts'
import { uniteNames, type Expansion } from './expand-hostname.ts'
import { giveUp, holdEverything, releaseEverything } from './give-up.ts'
import { Published } from './published.ts'
import { reportDerivation, reportStandstill, type DerivationParts } from './report-derivation.ts'
import { selectTargets } from './select-targets.ts'
import { settleNames } from './settle-names.ts'
import { listDoubts, readSources } from './sources.ts'

export function deriveIntents(input: DeriveInput): Derivation {
  const { record, memory, now } = input
  const { spec, metadata } = record
  const published = new Published(input.zones)
  const isDeleting = metadata.deletionTimestamp !== undefined
  if (isDeleting) return reportStandstill(input, published, releaseEverything(record, published))
  if (spec.suspend === true) return reportStandstill(input, published, holdEverything(record, published))

  const sources = readSources(record, input.contributions, published, memory.targets)
  const isPublished = published.sets.length > 0 || memory.zones.some((zone) => published.zone(zone) === undefined)
  const selection = selectTargets(spec, sources, { isPublished, memory: memory.failover, now })
  const expansions = spec.hostnames.map((entry) => expandEntry(entry, selection.sources, published))
  const names = settleNames(uniteNames(expansions), { input, published, sources: selection.sources })
  const decided = { input, published, sources, selection, expansions, names }
  const entries = expansions.map((expansion) => decideExpansion(expansion, decided))
  const updates = buildUpdates(
    entries.flatMap(({ chosen }) => chosen),
    record,
  )
  const refused = new Map(expansions.flatMap(({ refusals }) => refusals.map((refusal) => [refusal.name, refusal])))
  const rest = giveUp({ record, published, names, refused, entries, updates: updates.byPlace })
  return reportDerivation({ ...decided, entries, updates, rest })
}

type DecidedPart = 'input' | 'published' | 'names' | 'selection'

function decideExpansion(
  { entry, names: expanded, refusals }: Expansion,
  { input: { record }, published, names, selection }: Pick<DerivationParts, DecidedPart>,
): EntryDecision {
  const { addressFamilies: families, minAddresses, routing } = record.spec
  const outcomes = new Set(expanded.map(({ name }) => names.get(name)?.outcome))
  const layouts = [...outcomes].filter((outcome) => outcome?.kind === 'laidOut')
  const relevant = selection.sources.filter((source) => canGive(entry, source))
  const doubts = listDoubts(relevant)
  const isSure = layouts.length > 0 && relevant.length > 0 && doubts.size === 0
  const isNew = isSure && expanded.every(({ name }) => isUnpublished(published, name))
  // There is nothing to keep at a name that is new: an answer that may work is better than none.
  const publish = isNew && selection.publish === 'kept' ? 'all' : selection.publish
  const choice = routing.policy === 'Failover' ? { publish } : undefined
  const decision = decideEntry({ entry, layouts, families, minAddresses, choice, doubts })
  // Where no name has a place, that is the trouble, and says so itself.
  const isBlocked = layouts.length === 0 && (expanded.length > 0 || refusals.length > 0)
  return isBlocked ? { ...decision, shortfalls: [] } : decision
}

function isUnpublished(published: Published, name: Fqdn): boolean {
  return published.atName(name).length === 0
}
