// All detectors of the process: one per distinct question, shared by whoever asks it.
import type { LocalAddress } from './local-addresses.ts'
import { Detector, type DetectorHooks, type DetectorPorts, type ObservationListener } from './detector.ts'
import { detectionKey, type DetectionSpec } from './detection-spec.ts'
import { watchLocalAddresses } from './network-watch.ts'
import type { Observation, Sighting } from './observation.ts'

export interface Subscription {
  /** What is known at the moment. */
  readonly observation: Observation
  requestRound(): void
  /** The last one to leave ends the detector. */
  close(): void
}

export interface DetectorsPorts extends DetectorPorts {
  readonly listLocalAddresses: () => readonly LocalAddress[]
}

interface Running {
  readonly detector: Detector
  readonly stopping: AbortController
}

export class Detectors {
  readonly #ports: DetectorsPorts
  readonly #hooks: DetectorHooks
  readonly #running = new Map<string, Running>()
  readonly #loops = new Set<Promise<void>>()
  #watching: AbortController | undefined

  constructor(ports: DetectorsPorts, hooks: DetectorHooks = {}) {
    this.#ports = ports
    this.#hooks = hooks
  }

  /** The listener hears of every round from now on. A sighting counts only for the first subscriber of a question. */
  subscribe(spec: DetectionSpec, listener: ObservationListener, sighting?: Sighting): Subscription {
    const key = detectionKey(spec)
    const running = this.#running.get(key) ?? this.#start(key, spec, sighting)
    const { detector, stopping } = running
    // Equal functions of two subscribers are still two listeners.
    const hear: ObservationListener = (observation) => listener(observation)
    detector.addListener(hear)
    return {
      get observation() {
        return detector.observation
      },
      requestRound: () => detector.requestRound(),
      close: () => {
        if (detector.removeListener(hear) > 0 || this.#running.get(key) !== running) return
        this.#running.delete(key)
        stopping.abort()
        if (this.#running.size === 0) this.#stopWatching()
      },
    }
  }

  /** Resolves when every loop has ended and its sockets are closed. */
  async close(): Promise<void> {
    for (const { stopping } of this.#running.values()) stopping.abort()
    this.#running.clear()
    this.#stopWatching()
    await Promise.all(this.#loops)
  }

  #start(key: string, spec: DetectionSpec, sighting: Sighting | undefined): Running {
    const running = {
      detector: new Detector(spec, this.#ports, this.#hooks, sighting),
      stopping: new AbortController(),
    }
    this.#running.set(key, running)
    this.#track(running.detector.run(running.stopping.signal))
    if (this.#watching === undefined) this.#watch()
    return running
  }

  #watch(): void {
    const watching = new AbortController()
    this.#watching = watching
    const requestAll = (): void => {
      for (const { detector } of this.#running.values()) detector.requestRound()
    }
    const { listLocalAddresses, clock } = this.#ports
    this.#track(watchLocalAddresses(listLocalAddresses, requestAll, clock, watching.signal).catch(() => {}))
  }

  #stopWatching(): void {
    this.#watching?.abort()
    this.#watching = undefined
  }

  #track(loop: Promise<void>): void {
    this.#loops.add(loop)
    void loop.finally(() => this.#loops.delete(loop))
  }
}
