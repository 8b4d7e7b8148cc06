// One scheduler for all probes: each at its own pace, none at the same moment as all others, and never too many at once.
import type { Clock, Random } from '../../model/clock.ts'
import { recordAnswer, sameVerdict, UNPROBED, type ProbeRecord, type Verdict } from './judge-probes.ts'
import { probeKey, type Probe, type ProbeSpec } from './probe-spec.ts'

export interface HealthMonitorOptions {
  readonly probe: Probe
  readonly clock: Clock
  readonly random: Random
  /** Probes under way at the same time. */
  readonly concurrency: number
  /** A verdict came, or changed. */
  readonly onVerdict: (spec: ProbeSpec, verdict: Verdict) => void
}

/** New endpoints are waited for: each is asked once soon, however rarely later, but not all at once after a restart. */
export const FIRST_WITHIN_MS = 5_000

interface Watched {
  readonly spec: ProbeSpec
  record: ProbeRecord
  readonly controller: AbortController
}

export class HealthMonitor {
  readonly #options: HealthMonitorOptions
  readonly #watched = new Map<string, Watched>()
  readonly #waiting: (() => void)[] = []
  #underWay = 0

  constructor(options: HealthMonitorOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#watched.size
  }

  /** From now on exactly these are probed. What was probed already keeps its verdict and its pace. */
  watch(specs: readonly ProbeSpec[]): void {
    const wanted = new Map(specs.map((spec) => [probeKey(spec), spec]))
    for (const [key, { controller }] of this.#watched) {
      if (wanted.has(key)) continue
      controller.abort(new Error('no longer watched'))
      this.#watched.delete(key)
    }
    for (const [key, spec] of wanted) if (!this.#watched.has(key)) this.#start(key, spec)
  }

  verdictOf(spec: ProbeSpec): Verdict | undefined {
    return this.#watched.get(probeKey(spec))?.record.verdict
  }

  stop(): void {
    this.watch([])
  }

  #start(key: string, spec: ProbeSpec): void {
    const watched: Watched = { spec, record: UNPROBED, controller: new AbortController() }
    this.#watched.set(key, watched)
    // Ended by the abort of its own controller; everything else is an answer.
    this.#run(watched).catch(() => undefined)
  }

  async #run(watched: Watched): Promise<void> {
    const { clock, random } = this.#options
    const { spec, controller } = watched
    await clock.sleep(Math.min(spec.periodMs, FIRST_WITHIN_MS) * random(), controller.signal)
    for (;;) {
      const began = clock.monotonicNow()
      await this.#probeOnce(watched)
      const pause = spec.periodMs * (0.95 + random() / 10) - (clock.monotonicNow() - began)
      await clock.sleep(Math.max(0, pause), controller.signal)
    }
  }

  async #probeOnce(watched: Watched): Promise<void> {
    const { probe, clock, onVerdict } = this.#options
    const { spec, controller } = watched
    await this.#enter(controller.signal)
    try {
      const problem = await probe(spec, controller.signal)
      controller.signal.throwIfAborted()
      const before = watched.record.verdict
      watched.record = recordAnswer(watched.record, problem, spec, clock.now())
      const { verdict } = watched.record
      if (verdict !== undefined && !sameVerdict(before, verdict)) onVerdict(spec, verdict)
    } finally {
      this.#leave()
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#underWay < this.#options.concurrency) {
      this.#underWay += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(new Error('no longer watched'))
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(enter)
    })
  }

  /** The place is handed on rather than given back, so that nobody overtakes the queue. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#underWay -= 1
    else next()
  }
}
