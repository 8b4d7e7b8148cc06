// Whether what is missing from a tree may go. What is not there may only not be readable, and a tree that has lost most of what it held
// is more likely a mistake than a wish.
import { shortHash } from '../../model/hash.ts'
import { countOf, listSome } from '../../model/text.ts'
import { entryKey, isObjectEntry, listEntries, refOf } from './state.ts'
import type { Entry, StoreState } from './state.ts'
import type { Finding } from './tree.ts'

export interface HeldRemovals {
  /** Absent when it is not for a person to let go: then something first has to be readable again. */
  readonly hash?: string
  readonly finding: Finding
  /** Of all that is kept although it is missing, as `NodePool infra/edge`. */
  readonly names: readonly string[]
}

export interface RemovalCircumstances {
  /** The place in the tree that could not be read. */
  readonly incomplete: string | undefined
  readonly approved: string | undefined
}

export interface RemovalVerdict {
  readonly held: HeldRemovals | undefined
  /** Names of what waits for a person. To be remembered: what came into the tree meanwhile must not tip the scales. */
  readonly waiting: readonly string[]
}

export function judgeRemovals(
  state: StoreState,
  missing: readonly Entry[],
  { incomplete, approved }: RemovalCircumstances,
): RemovalVerdict {
  if (missing.length === 0) return { held: undefined, waiting: [] }
  const names = missing.map(nameOf).sort()
  const waited = new Set(state.settings.held)
  const isMost = losesMost(state, missing, isObjectEntry) || losesMost(state, missing, isNode)
  const waiting = isMost || names.some((name) => waited.has(name)) ? names : []
  const what = `${countOf(names.length, 'object')} no longer in the tree (${listSome(names, 5)})`
  if (incomplete !== undefined) {
    const message = `kept until ${incomplete} can be read: ${what}`
    return { held: { finding: { severity: 'warning', message }, names }, waiting }
  }
  const hash = shortHash(missing.map(identify).sort().join('\n'))
  if (waiting.length === 0 || hash === approved) return { held: undefined, waiting: [] }
  const message = `kept, because it is most of what was there: ${what}. If it is meant to go, approve ${hash}`
  return { held: { hash, finding: { severity: 'error', message }, names }, waiting }
}

/** All of several, or more than half and at least three: whoever removes one or two objects by hand is not asked. */
function losesMost(state: StoreState, missing: readonly Entry[], counts: (entry: Entry) => boolean): boolean {
  const lost = missing.filter(counts).length
  if (lost < 2) return false
  const present = [...listEntries(state)].filter((entry) => counts(entry) && !isDeleting(entry)).length
  return lost === present || (lost >= 3 && lost * 2 > present)
}

function isNode(entry: Entry): boolean {
  return entry.kind === 'Node'
}

function isDeleting(entry: Entry): boolean {
  return isObjectEntry(entry) && entry.metadata.deletionTimestamp !== undefined
}

function nameOf(entry: Entry): string {
  const { kind, ...key } = refOf(entry)
  return `${kind} ${key.namespace === '' ? key.name : entryKey(key)}`
}

/** With the uid, so that an approval says nothing about later objects of the same names. */
function identify(entry: Entry): string {
  return `${nameOf(entry)} ${isObjectEntry(entry) ? entry.metadata.uid : ''}`
}
