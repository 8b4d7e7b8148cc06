// One round of questions, hedged: a first wave of quorum + 1, a substitute for each that fails, and everyone else after a moment.
import type { IpAddress } from '../../model/address.ts'
import type { Clock } from '../../model/clock.ts'
import type { SourceOutcome, SourceResult, WanSource } from './detection.ts'
import { followAbort } from './follow-abort.ts'
import { judgeQuorum, type QuorumPolicy, type Verdict } from './judge-quorum.ts'

export interface AskOptions {
  readonly policy: QuorumPolicy
  readonly timeoutMs: number
  readonly clock: Clock
  /** Says why an answer is not to be believed. */
  readonly refuse: (address: IpAddress) => string | undefined
  readonly onOutcome?: (outcome: SourceOutcome) => void
}

export interface AskResult {
  readonly verdict: Verdict
  /** One per source, in the order given. */
  readonly outcomes: readonly SourceOutcome[]
}

/** Until then the first wave is waited for, and a contested quorum for its contradiction. */
export const HEDGE_MS = 150

/** Rejects only when aborted. Whatever the outcome, nothing is left open. */
export async function askSources(
  ordered: readonly WanSource[],
  options: AskOptions,
  signal: AbortSignal,
): Promise<AskResult> {
  signal.throwIfAborted()
  const stopping = followAbort(signal)
  const round = new Round(ordered, options, stopping.signal)
  try {
    const verdict = await round.run()
    signal.throwIfAborted()
    return { verdict, outcomes: round.describeOutcomes() }
  } finally {
    stopping.abort()
    stopping.release()
    await round.closed()
  }
}

class Round {
  readonly #sources: readonly WanSource[]
  readonly #options: AskOptions
  readonly #askedAt = new Map<WanSource, number>()
  readonly #stopping: AbortSignal
  readonly #outcomes = new Map<WanSource, SourceOutcome>()
  readonly #asked: Promise<void>[] = []
  #unasked: readonly WanSource[]
  #deadline: Timer = { over: false }
  #wake: () => void = () => {}

  constructor(sources: readonly WanSource[], options: AskOptions, stopping: AbortSignal) {
    this.#sources = sources
    this.#unasked = sources
    this.#options = options
    this.#stopping = stopping
    stopping.addEventListener('abort', () => this.#wake(), { once: true })
  }

  async run(): Promise<Verdict> {
    const { policy, timeoutMs } = this.#options
    this.#after(HEDGE_MS, () => this.#askAll())
    this.#deadline = this.#after(timeoutMs, () => {})
    let patience: Timer | undefined
    this.#start(this.#sources.slice(0, policy.quorum + 1))
    for (;;) {
      const pending = this.#listPending()
      const verdict = judgeQuorum(policy, [...this.#outcomes.values()], pending)
      if (pending.length === 0 || this.#stopping.aborted) return verdict
      if (verdict.kind === 'known' && (!verdict.contested || patience?.over === true)) return verdict
      if (verdict.kind !== 'undecided' && patience === undefined) {
        // Where something is wrong, what everyone has to say matters more than the time it takes.
        this.#askAll()
        patience = this.#after(HEDGE_MS, () => {})
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Resolves when every source that was asked has let go of its sockets. */
  async closed(): Promise<void> {
    await Promise.all(this.#asked)
  }

  /** Sources without an answer had no time left, unless the others had already settled it. */
  describeOutcomes(): readonly SourceOutcome[] {
    const now = this.#options.clock.monotonicNow()
    const result: SourceResult = this.#deadline.over
      ? { kind: 'failed', message: 'no answer in time' }
      : { kind: 'unneeded' }
    return this.#sources.map((source) => {
      const elapsedMs = now - (this.#askedAt.get(source) ?? now)
      return this.#outcomes.get(source) ?? { source, result, elapsedMs }
    })
  }

  #listPending(): readonly WanSource[] {
    return this.#deadline.over ? [] : this.#sources.filter((source) => !this.#outcomes.has(source))
  }

  #askAll(): void {
    this.#start(this.#unasked)
  }

  /** Where an authenticated source has failed, another one may be all that is missing. */
  #askInsteadOf(failed: WanSource): void {
    const alike = this.#unasked.find(({ authenticated }) => authenticated === failed.authenticated)
    this.#start([alike ?? this.#unasked[0]].filter((source) => source !== undefined))
  }

  #start(sources: readonly WanSource[]): void {
    this.#unasked = this.#unasked.filter((source) => !sources.includes(source))
    for (const source of sources) this.#asked.push(this.#ask(source))
  }

  async #ask(source: WanSource): Promise<void> {
    const askedAt = this.#options.clock.monotonicNow()
    this.#askedAt.set(source, askedAt)
    const result = await source.ask(this.#stopping).then(
      (addresses) => this.#judgeAnswer(addresses),
      (error: unknown): SourceResult => ({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    if (this.#stopping.aborted) return
    const outcome = { source, result, elapsedMs: this.#options.clock.monotonicNow() - askedAt }
    this.#outcomes.set(source, outcome)
    this.#options.onOutcome?.(outcome)
    if (result.kind !== 'answered') this.#askInsteadOf(source)
    this.#wake()
  }

  /** A source with several addresses is believed for those that pass the guards. */
  #judgeAnswer(addresses: readonly IpAddress[]): SourceResult {
    const admitted = addresses.filter((address) => this.#options.refuse(address) === undefined)
    const [address] = addresses
    if (admitted.length > 0) return { kind: 'answered', addresses: admitted }
    if (address === undefined) return { kind: 'failed', message: 'no address' }
    return { kind: 'refused', address, message: this.#options.refuse(address) ?? '' }
  }

  #after(ms: number, action: () => void): Timer {
    const timer = { over: false }
    this.#options.clock.sleep(ms, this.#stopping).then(
      () => {
        timer.over = true
        action()
        this.#wake()
      },
      () => {},
    )
    return timer
  }
}

interface Timer {
  readonly over: boolean
}
