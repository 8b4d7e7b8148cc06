// Plan modes: which changes of one resource may go now, and which wait until a person has approved exactly them.
import { describeKey } from '../model/record-set.ts'
import { listSome } from '../model/text.ts'
import { hashChanges } from './hash-plan.ts'
import type { Change } from './plan.ts'
import { splitChange, type Footing } from './split-change.ts'

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
  /** The resource is being deleted: that is approval enough. */
  readonly deleting: boolean
}

export type Gate =
  | { readonly kind: 'open'; readonly apply: readonly Change[]; readonly consumedHash: string | undefined }
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
  if (input.approvedHashes.includes(hash)) return { kind: 'open', apply: changes, consumedHash: hash }
  return { kind: 'held', apply, held, hash, message: describeWaiting(mode, held, hash) }
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
