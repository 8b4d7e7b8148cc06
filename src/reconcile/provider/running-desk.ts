// A desk at work: until it is ended, or all are.
import { zoneText } from '../../model/zone.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ZoneDesk } from './zone-desk.ts'

export class RunningDesk {
  readonly desk: ZoneDesk
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>

  constructor(desk: ZoneDesk, allStopping: AbortSignal, log: Logger) {
    this.desk = desk
    const stop = (): void => this.#stopping.abort(allStopping.reason)
    allStopping.addEventListener('abort', stop, { once: true })
    this.#ended = desk
      .run(this.#stopping.signal)
      .catch((error: unknown) => {
        log.error('a zone worker ended unexpectedly', { zone: zoneText(desk.zone), error: String(error) })
      })
      .finally(() => allStopping.removeEventListener('abort', stop))
  }

  /** A call under way is finished first. */
  end(): Promise<void> {
    this.#stopping.abort(new Error('the zone is no longer served here'))
    return this.#ended
  }
}
