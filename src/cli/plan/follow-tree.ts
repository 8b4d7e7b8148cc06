// From what was remembered of manifests and what a tree says now to what is in force, exactly as a Stoa that follows the tree would have
// it. Pure.
import { RECORDS_FINALIZER } from '../../api/kinds.ts'
import { deriveState } from '../../store/git/derive-state.ts'
import { applyChanges, emptyState, isObjectEntry, type Entry, type StoreState } from '../../store/git/state.ts'
import type { Finding, Tree } from '../../store/git/tree.ts'

export interface FollowedTree {
  readonly state: StoreState
  readonly findings: readonly Finding[]
}

export const NOTHING_FOLLOWED: StoreState = emptyState({ identity: 'plan', revision: 0, schemas: '' })

/**
 * Removals that a person would have to let go are shown all the same, with the finding that says so. Those that wait for a file to be
 * readable are not: nobody knows whether they are meant.
 */
export function followTree(previous: StoreState, tree: Tree, now: string): FollowedTree {
  const first = deriveState(previous, tree, { now })
  const hash = first.held?.hash
  const derived = hash === undefined ? first : deriveState(previous, tree, { now, approved: hash })
  const findings = first.held === undefined ? derived.findings : [warnOfHeld(first.held.finding), ...derived.findings]
  const { change } = derived
  if (change === undefined) return { state: previous, findings }
  return { state: applyChanges(previous, [{ ...change, put: change.put?.map(asPlanned) ?? [] }]), findings }
}

/** A uid that two trees agree on; and a record leaves as it would once it was carried out. */
function asPlanned(entry: Entry): Entry {
  if (!isObjectEntry(entry)) return entry
  const { namespace, name } = entry.metadata
  const finalizers = entry.kind === 'DynamicDNSRecord' ? { finalizers: [RECORDS_FINALIZER] } : {}
  return { ...entry, metadata: { ...entry.metadata, uid: `${namespace}/${name}`, ...finalizers } }
}

/** The hash speaks of a state that only a running Stoa has. */
function warnOfHeld({ message }: Finding): Finding {
  const [what = message, remedy] = message.split('. If it is meant to go')
  const isAsked = remedy !== undefined
  const text = isAsked ? `a Stoa that follows this repository will ask first: ${what}` : `no removal is shown: ${what}`
  return { severity: 'warning', message: text }
}
