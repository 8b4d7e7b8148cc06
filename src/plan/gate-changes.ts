// Plan modes: which changes of one resource may go now, and which wait until a person has approved exactly them.
import type { Footing } from '../model/footing.ts'
import { describeKey } from '../model/record-set.ts'
import { listSome } from '../model/text.ts'
import { hashChanges, isPartOf } from './hash-plan.ts'
import type { Change } from './plan.ts'
import { splitChange } from './split-change.ts'

export type Mode = 'Apply' | 'PlanSpec' | 'PlanAll'

export interface GateInput {
  readonly mode: Mode
  /** Of one resource. */
  readonly changes: readonly Change[]
  /** What the resource's published records rest on, and what it rests on now. Without the former everything is new. */
  readonly previous: Footing | undefined
  readonly current: Footing
  readonly generation: number
  /** The generation that was last carried out in full: while it stays, every difference is membership or a repair. */
  readonly approvedGeneration: number | undefined
  readonly approvedHashes: readonly string[]
  /** What an approval has let through and is not wholly done: what is left of it needs no other. The caller keeps it from the last open gate. */
  readonly unfinished?: ApprovedChanges | undefined
  /** The resource is being deleted: that is approval enough. */
  readonly deleting: boolean
}

export interface ApprovedChanges {
  /** `consumedHash` of the gate that let them through. */
  readonly hash: string
  readonly generation: number
  readonly changes: readonly Change[]
}

export type Gate =
  | {
      readonly kind: 'open'
      readonly apply: readonly Change[]
      /** The approval that opened it. It is used up once all of `apply` is done; until then it stays good. */
      readonly consumedHash: string | undefined
    }
  | {
      readonly kind: 'held'
      /** What flows all the same: changes of membership under PlanSpec. */
      readonly apply: readonly Change[]
      /** Applied after `apply`, these complete the plan. */
      readonly held: readonly Change[]
      readonly hash: string
      readonly message: string
    }

export function gateChanges(input: GateInput): Gate {
  const { mode, changes, deleting } = input
  if (mode === 'Apply' || deleting) return { kind: 'open', apply: changes, consumedHash: undefined }
  const { apply, held } = mode === 'PlanAll' ? { apply: [], held: changes } : splitMembership(input)
  if (held.length === 0) return { kind: 'open', apply: changes, consumedHash: undefined }
  const hash = hashChanges(held, input.generation)
  const consumedHash = findApproval(held, hash, input)
  if (consumedHash !== undefined) return { kind: 'open', apply: changes, consumedHash }
  return { kind: 'held', apply, held, hash, message: describeWaiting(mode, held, hash) }
}

/** One for exactly these changes, or for more of which these are left because the others are done. */
function findApproval(
  held: readonly Change[],
  hash: string,
  { approvedHashes, unfinished, generation }: GateInput,
): string | undefined {
  if (approvedHashes.includes(hash)) return hash
  const isGood = unfinished?.generation === generation && approvedHashes.includes(unfinished.hash)
  return isGood && isPartOf(held, unfinished.changes) ? unfinished.hash : undefined
}

interface Parts {
  readonly apply: readonly Change[]
  readonly held: readonly Change[]
}

/**
 * A delete may make room for something that waits, and a create may need room that is not made yet: where anything at a name waits,
 * its deletes and creates wait with it. Members of sets that stay come and go freely.
 */
function splitMembership({ changes, previous, current, generation, approvedGeneration }: GateInput): Parts {
  if (generation === approvedGeneration) return { apply: changes, held: [] }
  if (previous === undefined) return { apply: [], held: changes }
  const parts = changes.map((change) => ({ change, ...splitChange(change, { previous, current }) }))
  const waiting = new Set(parts.filter(({ held }) => held !== undefined).map(({ change }) => change.key.name))
  const mustWait = ({ kind, key }: Change): boolean => (kind === 'delete' || kind === 'create') && waiting.has(key.name)
  const settled = parts.map(({ change, apply, held }) =>
    mustWait(change) ? { apply: undefined, held: change } : { apply, held },
  )
  return {
    apply: settled.map(({ apply }) => apply).filter((change) => change !== undefined),
    held: settled.map(({ held }) => held).filter((change) => change !== undefined),
  }
}

const MOST_KEYS = 5

function describeWaiting(mode: Mode, held: readonly Change[], hash: string): string {
  const keys = held.map(({ key }) => describeKey(key))
  return (
    `spec.mode is ${mode}, so changes of ${listSome(keys, MOST_KEYS)} wait: ` +
    `to apply exactly these, annotate the resource with dns.stoa.dev/approve: ${hash}`
  )
}
