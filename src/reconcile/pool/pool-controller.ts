// NodePool: who is in, who is out, and since when; records that use the pool hear of it at once, the status says it.
import type { NodePool } from '../../api/kinds.ts'
import type { Membership } from '../../desired/membership.ts'
import { TransientError, type ReconcileError } from '../../model/errors.ts'
import { derivePoolStatus, type PoolMembers } from '../../status/pool-status.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { HealthBoard } from '../health/health-board.ts'
import { objectText, parseRef } from '../object-keys.ts'
import { problemOf, type StatusWriter } from '../status-writer.ts'
import { listGiven } from './given-addresses.ts'
import type { PoolBoard } from './pool-board.ts'
import type { RememberedAnswers } from './remembered-answers.ts'
import { addSafeRemoval, type RecordWitness } from './safe-removal.ts'

export interface PoolControllerPorts extends Pick<EnginePorts, 'store' | 'clock'> {
  readonly statuses: StatusWriter
  readonly board: PoolBoard
  readonly health: HealthBoard
  /** The records that refer to the pool, as far as a member's leave depends on them. */
  readonly witnesses: (ref: string) => readonly RecordWitness[]
  readonly remembered: Pick<RememberedAnswers, 'msLeft'>
  /** Records see another pool than before, from which these addresses have left. */
  readonly onChange: (ref: string, left: ReadonlySet<string>) => void
  /** The records that saw the change have been derived. */
  readonly whenDerived: () => Promise<void>
}

const NOTHING: ReadonlySet<string> = new Set()

/** Nothing tells when the nodes have been read at last, where the first attempts failed. */
const UNREAD_MS = 1_000

export class PoolController {
  readonly #ports: PoolControllerPorts

  constructor(ports: PoolControllerPorts) {
    this.#ports = ports
  }

  async reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined> {
    const { store, statuses, clock, whenDerived } = this.#ports
    const stored = store.get('NodePool', parseRef(ref))
    if (stored?.resource === undefined) {
      this.#forget(ref)
      if (stored === undefined) statuses.forget('NodePool', ref)
      await statuses.writeInvalid(stored, stopping)
      return undefined
    }
    const { resource } = stored
    const unread = this.#takeIn(ref, resource)
    const membership = unread === undefined ? this.#judge(ref, resource) : undefined
    // DNS comes before what is said of it.
    await whenDerived()
    const results = { object: resource, now: clock.now(), error: unread ?? problemOf(stored) }
    const witnesses = this.#witnessesFor(ref, membership)
    const members = membership && this.#describe(resource, membership, witnesses)
    await statuses.write(stored, derivePoolStatus({ ...results, members }), stopping)
    if (unread !== undefined) return UNREAD_MS
    return this.#nextLookAfter(membership?.nextChangeAt, this.#untilWordMs(members, witnesses))
  }

  #forget(ref: string): void {
    const { board, health, onChange } = this.#ports
    const wasKnown = board.observed(ref) !== undefined
    board.forget(ref)
    health.want(objectText('NodePool', ref), undefined, [])
    if (wasKnown) onChange(ref, new Set())
  }

  /** Puts the pool on the board and has its members probed. Returns why it cannot be told yet who they are, or who is well. */
  #takeIn(ref: string, resource: NodePool): ReconcileError | undefined {
    const { store, board, health, clock, onChange } = this.#ports
    const unread = this.#findUnread(resource)
    if (unread !== undefined) return unread
    board.set(ref, resource, { nodes: () => store.nodes(), given: () => listGiven(store, ref) }, clock.now())
    const { healthCheck } = resource.spec
    health.want(objectText('NodePool', ref), healthCheck, healthCheck === undefined ? [] : board.addresses(ref))
    const unprobed = this.#findUnprobed(ref, resource)
    // Who is to leave is not waited for until it is known who is well.
    if (unprobed !== undefined && board.takeRejudged(ref)) onChange(ref, NOTHING)
    return unprobed
  }

  #findUnread({ spec }: NodePool): ReconcileError | undefined {
    if (spec.selector === undefined || this.#ports.store.isSynced('Node')) return undefined
    const lasting = 'if that lasts, the log says what stands in the way, such as the right to list and watch nodes'
    return new TransientError('NodesUnknown', `the nodes have not been read yet; ${lasting}`)
  }

  /** Of a pool that no status tells of, nobody knows who is well until its members have answered. */
  #findUnprobed(ref: string, { status }: NodePool): ReconcileError | undefined {
    const { board, health } = this.#ports
    const isNew = board.observed(ref) === undefined && status?.members === undefined
    if (!isNew || health.isSettled(objectText('NodePool', ref))) return undefined
    return new TransientError('HealthUnknown', 'the members are being probed, and it is not known yet who is well')
  }

  #judge(ref: string, { spec: { healthCheck } }: NodePool): Membership | undefined {
    const { board, health, clock, onChange } = this.#ports
    const report = healthCheck === undefined ? undefined : health.report(healthCheck, board.addresses(ref))
    const judged = board.judge(ref, report, clock.now())
    if (judged?.changed === true) onChange(ref, judged.left)
    return judged?.membership
  }

  #witnessesFor(ref: string, membership: Membership | undefined): readonly RecordWitness[] {
    return membership === undefined || membership.inactive.length === 0 ? [] : this.#ports.witnesses(ref)
  }

  #nextLookAfter(nextChangeAt = Infinity, untilWordMs: number): number | undefined {
    const nextMs = Math.min(nextChangeAt - this.#ports.clock.now(), untilWordMs)
    return nextMs === Infinity ? undefined : Math.max(0, nextMs)
  }

  /** While it is not known when a member may go, and a witness will say no more. */
  #untilWordMs(members: PoolMembers | undefined, witnesses: readonly RecordWitness[]): number {
    const isWaiting = members?.inactive.some(({ safeToRemoveAt }) => safeToRemoveAt === undefined) === true
    const ends = isWaiting ? witnesses.map(({ endsAt = Infinity }) => endsAt) : []
    return Math.min(...ends, Infinity) - this.#ports.clock.monotonicNow()
  }

  #describe({ status }: NodePool, membership: Membership, witnesses: readonly RecordWitness[]): PoolMembers {
    const { remembered, clock } = this.#ports
    const { counts, addressCounts, inactive, belowMinimum, messages, members } = membership
    const addresses = new Map(members.map((member) => [member.name, member.addresses]))
    return {
      counts,
      addresses: addressCounts,
      inactive: addSafeRemoval({
        inactive,
        previous: status?.inactive,
        addressesOf: (name) => addresses.get(name) ?? [],
        witnesses,
        rememberedMs: (values) => remembered.msLeft(values, clock.monotonicNow()),
        now: clock.now(),
      }),
      shortfall: belowMinimum ? messages.join('; ') : undefined,
      notes: belowMinimum ? [] : messages,
    }
  }
}
