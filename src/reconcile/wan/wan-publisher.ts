// Puts a known address where other programs read it: the ConfigMap of spec.publishTo.
import { formatTime } from '../../api/date-time.ts'
import type { WANAddress } from '../../api/kinds.ts'
import type { IpAddress } from '../../model/address.ts'
import { toReconcileError, type ReconcileError } from '../../model/errors.ts'
import type { FamilyObservation } from '../../status/wan-status.ts'
import type { StoredObject } from '../../store/store.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { refText } from '../object-keys.ts'

export type WanPublisherPorts = Pick<EnginePorts, 'store' | 'clock' | 'random'>

export interface Publication {
  /** Why the address could not be put where it is wanted. */
  readonly error?: ReconcileError
  /** When it is to be put there again, whatever happens. */
  readonly againAfterMs?: number
}

interface Published {
  /** Of the WANAddress: another one of that name has published nothing. */
  readonly uid: string
  readonly name: string
  readonly data: { readonly current_ip: IpAddress; readonly detected_at: string }
  /** Until then it is taken to be there as it was written. */
  readonly dueAt: number
}

/** ConfigMaps are not watched, and one that somebody has changed or removed comes back all the same. */
const REPEAT_MS = 600_000

export class WanPublisher {
  readonly #ports: WanPublisherPorts
  /** By ref. Writing the same again would cost a call each round. */
  readonly #published = new Map<string, Published>()

  constructor(ports: WanPublisherPorts) {
    this.#ports = ports
  }

  async publish(
    stored: StoredObject<WANAddress>,
    observations: readonly FamilyObservation[],
    stopping: AbortSignal,
  ): Promise<Publication> {
    const { store, clock, random } = this.#ports
    const wanted = this.#deriveWanted(stored, observations)
    if (wanted === undefined) return {}
    const now = clock.monotonicNow()
    if (now < wanted.dueAt) return { againAfterMs: wanted.dueAt - now }
    const ref = refText(stored.metadata)
    // A write of which nothing is heard may have been made: what was there before counts no more.
    this.#published.set(ref, wanted)
    try {
      await store.publishConfigMap(stored, wanted.name, wanted.data, stopping)
    } catch (thrown) {
      stopping.throwIfAborted()
      return { error: toReconcileError(thrown) }
    }
    const againAfterMs = REPEAT_MS * (0.9 + random() / 5)
    this.#published.set(ref, { ...wanted, dueAt: clock.monotonicNow() + againAfterMs })
    return { againAfterMs }
  }

  /** The WANAddress is gone. */
  forget(ref: string): void {
    this.#published.delete(ref)
  }

  /** What was published before is what is wanted, for as long as it is the same address at the same place. */
  #deriveWanted(stored: StoredObject<WANAddress>, observations: readonly FamilyObservation[]): Published | undefined {
    const { spec } = stored.resource ?? {}
    const name = spec?.publishTo?.configMap?.name
    const address = spec && chooseAddress(spec, observations)
    if (name === undefined || address === undefined) return undefined
    const { uid } = stored.metadata
    const last = this.#published.get(refText(stored.metadata))
    if (last?.uid === uid && last.name === name && last.data.current_ip === address) return last
    return { uid, name, data: { current_ip: address, detected_at: this.#changedAt(stored, address) }, dueAt: -Infinity }
  }

  /** After a restart an address is as old as the status says. */
  #changedAt({ status }: StoredObject<WANAddress>, address: IpAddress): string {
    const isOld = address === status?.ipv4 || address === status?.ipv6
    return (isOld ? status.changedAt : undefined) ?? formatTime(this.#ports.clock.now())
  }
}

/** Whoever reads it counts on one family: while that one is unknown, what is there stays. */
function chooseAddress(
  { addressFamilies }: WANAddress['spec'],
  observations: readonly FamilyObservation[],
): IpAddress | undefined {
  const wanted = addressFamilies.includes('IPv4') ? 'IPv4' : 'IPv6'
  const observation = observations.find(({ family }) => family === wanted)
  return observation?.kind === 'known' ? observation.address : undefined
}
