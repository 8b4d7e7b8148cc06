// WANAddress: asks the world, tells the records that follow it, publishes the address where that is wanted.
import type { WANAddress } from '../../api/kinds.ts'
import { TerminalError, type ReconcileError } from '../../model/errors.ts'
import { deriveWanStatus } from '../../status/wan-status.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { LastTexts } from '../last-texts.ts'
import { parseRef } from '../object-keys.ts'
import { problemOf, type StatusWriter } from '../status-writer.ts'
import { deriveDetectionSpecs } from './derive-detection-specs.ts'
import type { WanBoard } from './wan-board.ts'
import { WanPublisher } from './wan-publisher.ts'

export interface WanControllerPorts extends Pick<EnginePorts, 'store' | 'clock' | 'random'> {
  readonly statuses: StatusWriter
  readonly board: WanBoard
  /** What records see of the WANAddress is other than it was. */
  readonly onChange: (ref: string) => void
}

export class WanController {
  readonly #ports: WanControllerPorts
  readonly #publisher: WanPublisher
  /** What records last saw of each. */
  readonly #seen = new LastTexts()
  /** By ref: which request was last heard. */
  readonly #requests = new Map<string, string>()

  constructor(ports: WanControllerPorts) {
    this.#ports = ports
    this.#publisher = new WanPublisher(ports)
  }

  async reconcile(ref: string, stopping: AbortSignal): Promise<number | undefined> {
    const { store, statuses, board, clock } = this.#ports
    const stored = store.get('WANAddress', parseRef(ref))
    if (stored === undefined) {
      board.forget(ref)
      this.#publisher.forget(ref)
      this.#requests.delete(ref)
      statuses.forget('WANAddress', ref)
      this.#tell(ref)
      return undefined
    }
    const { resource } = stored
    if (resource === undefined) {
      await statuses.writeInvalid(stored, stopping)
      return undefined
    }
    const problem = this.#ask(ref, resource) ?? problemOf(stored)
    this.#heedRequest(ref, resource)
    this.#tell(ref)
    const observations = board.observations(ref)
    const publication = await this.#publisher.publish(stored, observations, stopping)
    const error = problem ?? publication.error
    const status = deriveWanStatus({
      ...{ object: resource, now: clock.now(), error, observations },
      sources: board.sources(ref),
    })
    await statuses.write(stored, status, stopping)
    if (publication.error !== undefined && publication.error.kind !== 'terminal') throw publication.error
    return publication.againAfterMs
  }

  /** A suspended one asks nobody; what it last said goes on. */
  #ask(ref: string, object: WANAddress): ReconcileError | undefined {
    const { board } = this.#ports
    if (object.spec.suspend === true) {
      board.forget(ref)
      return undefined
    }
    const derived = deriveDetectionSpecs(object.spec)
    if (derived.kind === 'invalid') return new TerminalError('InvalidSpec', derived.problems.join('; '))
    board.ask(ref, object, derived.specs)
    return undefined
  }

  #heedRequest(ref: string, { metadata: { annotations = {} } }: WANAddress): void {
    const request = JSON.stringify(Object.entries(annotations).filter(([key]) => key.endsWith('/requestedAt')))
    const before = this.#requests.get(ref)
    this.#requests.set(ref, request)
    if (before !== undefined && before !== request) this.#ports.board.requestRound(ref)
  }

  #tell(ref: string): void {
    const observed = this.#ports.board.observed(ref)
    const text = observed && JSON.stringify([observed.allowedNamespaces, [...observed.detections]])
    if (this.#seen.isOther(ref, text)) this.#ports.onChange(ref)
  }
}
