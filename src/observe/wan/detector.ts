// The loop behind one detection spec: asks at jittered intervals, at once when there is a reason, with back-off while nobody answers.
import type { IpAddress } from '../../model/address.ts'
import type { Clock, Random } from '../../model/clock.ts'
import type { DetectOptions } from './detect-address.ts'
import type { Detection, SourceOutcome } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'
import { followAbort } from './follow-abort.ts'
import { listAgreeing } from './judge-quorum.ts'
import {
  advanceObservation,
  confirmAddress,
  isTooOld,
  startObservation,
  type Observation,
  type Sighting,
} from './observation.ts'
import { deriveRoundDelayMs } from './round-delay.ts'
import { SourceMemory } from './source-memory.ts'

/** One round of questions; rejects only when aborted. */
export type Detect = (spec: DetectionSpec, options: DetectOptions, signal: AbortSignal) => Promise<Detection>

export interface DetectorPorts {
  readonly clock: Clock
  readonly random: Random
  readonly detect: Detect
}

/** For metrics, events and logs. They must not throw. */
export interface DetectorHooks {
  /** Every source that was asked and answered or failed. */
  readonly onOutcome?: (outcome: SourceOutcome, spec: DetectionSpec) => void
  /** Every round of questions, a confirming one included. */
  readonly onRound?: (round: Detection, elapsedMs: number, spec: DetectionSpec) => void
  /** The address that counts has changed, or become known or unknown. */
  readonly onChange?: (next: Detection, previous: Detection, spec: DetectionSpec) => void
}

export type ObservationListener = (observation: Observation) => void

export class Detector {
  readonly #spec: DetectionSpec
  readonly #ports: DetectorPorts
  readonly #hooks: DetectorHooks
  readonly #memory = new SourceMemory()
  readonly #listeners = new Set<ObservationListener>()
  #observation: Observation
  #failures = 0
  #hasLostSource = false
  #isRequested = false
  #interrupt: () => void = () => {}

  /** A sighting from before a restart need not be confirmed again when it is seen again. */
  constructor(spec: DetectionSpec, ports: DetectorPorts, hooks: DetectorHooks, sighting?: Sighting) {
    this.#spec = spec
    this.#ports = ports
    this.#hooks = hooks
    this.#observation = startObservation(spec, sighting)
  }

  get observation(): Observation {
    return this.#observation
  }

  /** Listeners hear of every round. */
  addListener(listener: ObservationListener): void {
    this.#listeners.add(listener)
  }

  /** Returns how many listeners are left. */
  removeListener(listener: ObservationListener): number {
    this.#listeners.delete(listener)
    return this.#listeners.size
  }

  /** Asks now; while a round is running, once more after it, since what it learns may be from before the request. */
  requestRound(): void {
    this.#isRequested = true
    this.#interrupt()
  }

  /** Runs until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isRequested = false
      const latest = await this.#detect(signal).catch((error: unknown) => this.#describeDefect(error))
      if (signal.aborted) return
      this.#conclude(latest)
      await this.#pause(signal)
    }
  }

  async #detect(signal: AbortSignal): Promise<Detection> {
    this.#hasLostSource = false
    const first = await this.#askRound(new Set(), signal)
    const { sighting } = this.#observation
    const isNews = first.kind === 'known' && first.address !== sighting?.address
    if (!isNews || !this.#spec.confirmChanges) return first
    return confirmAddress(first, await this.#askRound(listOperators(first.answers, first.address), signal), sighting)
  }

  async #askRound(heard: ReadonlySet<string>, signal: AbortSignal): Promise<Detection> {
    const { clock, detect } = this.#ports
    const startedAt = clock.monotonicNow()
    const onOutcome = (outcome: SourceOutcome): void => this.#hooks.onOutcome?.(outcome, this.#spec)
    const round = await detect(this.#spec, { hints: this.#memory.hints(heard), onOutcome }, signal)
    if (this.#memory.learn(round.answers, clock.monotonicNow())) this.#hasLostSource = true
    this.#hooks.onRound?.(round, clock.monotonicNow() - startedAt, this.#spec)
    return round
  }

  #conclude(latest: Detection): void {
    const previous = this.#observation.detection
    this.#failures = latest.kind === 'known' ? 0 : this.#failures + 1
    this.#observation = advanceObservation(this.#observation, latest, this.#spec, this.#ports.clock.now())
    const next = this.#observation.detection
    if (addressOf(next) !== addressOf(previous)) this.#hooks.onChange?.(next, previous, this.#spec)
    for (const listener of this.#listeners) listener(this.#observation)
  }

  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#isRequested || signal.aborted) return
    const pause = followAbort(signal)
    this.#interrupt = () => pause.abort()
    await this.#ports.clock.sleep(this.#deriveDelayMs(), pause.signal).catch(() => {})
    pause.release()
    this.#interrupt = () => {}
  }

  #deriveDelayMs(): number {
    const { sighting } = this.#observation
    const nowMs = this.#ports.clock.now()
    const isFresh = sighting !== undefined && !isTooOld(sighting, this.#spec, nowMs)
    const facts = {
      failures: this.#failures,
      hasLostSource: this.#hasLostSource,
      expiresInMs: isFresh ? sighting.seenAtMs + this.#spec.maxAgeSeconds * 1000 - nowMs : undefined,
    }
    return deriveRoundDelayMs(this.#spec, facts, this.#ports.random())
  }

  /** A defect of ours must not end the loop. */
  #describeDefect(error: unknown): Detection {
    const said = error instanceof Error ? error.message : String(error)
    const message = `the round ended unexpectedly (${said})`
    return { kind: 'unknown', family: this.#spec.family, reason: 'NoAnswer', summary: message, message, answers: [] }
  }
}

function addressOf(detection: Detection): IpAddress | undefined {
  return detection.kind === 'known' ? detection.address : undefined
}

function listOperators(answers: readonly SourceOutcome[], address: IpAddress): ReadonlySet<string> {
  return new Set(listAgreeing(answers, address).map(({ operator }) => operator))
}
