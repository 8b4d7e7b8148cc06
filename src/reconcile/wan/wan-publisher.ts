// Puts a known address where other programs read it: the ConfigMap of spec.publishTo.
import { formatTime } from '../../api/date-time.ts'
import type { WANAddress } from '../../api/kinds.ts'
import type { IpAddress } from '../../model/address.ts'
import { toReconcileError, type ReconcileError } from '../../model/errors.ts'
import type { FamilyObservation } from '../../status/wan-status.ts'
import type { StoredObject } from '../../store/store.ts'
import type { EnginePorts } from '../engine-ports.ts'

export class WanPublisher {
  readonly #ports: Pick<EnginePorts, 'store' | 'clock'>
  /** What was last published, by uid: writing the same again would cost a call each round. */
  readonly #published = new Map<string, string>()

  constructor(ports: Pick<EnginePorts, 'store' | 'clock'>) {
    this.#ports = ports
  }

  /** Why the address could not be put where it is wanted; undefined when it is there, or is wanted nowhere. */
  async publish(
    stored: StoredObject<WANAddress>,
    observations: readonly FamilyObservation[],
    stopping: AbortSignal,
  ): Promise<ReconcileError | undefined> {
    const name = stored.resource?.spec.publishTo?.configMap?.name
    const address = chooseAddress(observations)
    const { uid } = stored.metadata
    if (name === undefined || address === undefined || this.#published.get(uid) === `${name} ${address}`) return
    const data = { current_ip: address, detected_at: this.#changedAt(stored, address) }
    try {
      await this.#ports.store.publishConfigMap(stored, name, data, stopping)
      this.#published.set(uid, `${name} ${address}`)
      return undefined
    } catch (thrown) {
      stopping.throwIfAborted()
      return toReconcileError(thrown)
    }
  }

  /** After a restart an address is as old as the status says. */
  #changedAt({ status }: StoredObject<WANAddress>, address: IpAddress): string {
    const isOld = address === status?.ipv4 || address === status?.ipv6
    return (isOld ? status.changedAt : undefined) ?? formatTime(this.#ports.clock.now())
  }
}

function chooseAddress(observations: readonly FamilyObservation[]): IpAddress | undefined {
  const known = observations.flatMap((one) => (one.kind === 'known' ? one : []))
  return (known.find(({ family }) => family === 'IPv4') ?? known[0])?.address
}
