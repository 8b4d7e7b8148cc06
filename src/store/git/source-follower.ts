// Keeps the state equal to what the source says. A source that cannot be reached or read changes nothing.
import { formatTime } from '../../api/date-time.ts'
import { NOTHING_FOUND } from '../../api/manifest/nothing-found.ts'
import type { Clock, Random } from '../../model/clock.ts'
import { TerminalError, toReconcileError, WaitingError } from '../../model/errors.ts'
import { restAfter } from '../../model/rest-after.ts'
import { underSignals } from '../../model/under-signals.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { DataDirectory } from './data-directory.ts'
import { deriveState, type Derived } from './derive-state.ts'
import type { HeldRemovals } from './judge-removals.ts'
import { isObjectEntry, listEntries, type StateChange, type StoreState } from './state.ts'
import type { TreeReader } from './tree-reader.ts'
import type { TreeSource, TreeVersion } from './tree-source.ts'
import { describeFinding, type Finding, type Tree } from './tree.ts'

export interface FollowerPorts {
  readonly source: TreeSource
  readonly data: DataDirectory
  readonly reader: TreeReader
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onSynced: () => void
}

const FIRST_RETRY_MS = 2_000
/** So long a source may take before what is remembered of it has to do: an address may change while Git is away. */
const HEAD_START_MS = 5_000

interface AppliedTree {
  readonly tree: Tree
  readonly version: TreeVersion
}

export class SourceFollower {
  readonly #ports: FollowerPorts
  #wake = new AbortController()
  #busy: Promise<void> = Promise.resolve()
  #isWanted = false
  #failures = 0
  #applied: AppliedTree | undefined
  #findings: readonly Finding[] = []
  #held: HeldRemovals | undefined
  #problem: string | undefined
  #lastHeardAt: number | undefined
  #isSynced = false

  constructor(ports: FollowerPorts) {
    this.#ports = ports
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  get problem(): string | undefined {
    return this.#problem
  }

  get lastHeardAt(): number | undefined {
    return this.#lastHeardAt
  }

  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** What is missing from the tree and yet kept. */
  get held(): HeldRemovals | undefined {
    return this.#held
  }

  requestSync(): void {
    this.#isWanted = true
    this.#wake.abort()
  }

  /** Never rejects. */
  async run(stopping: AbortSignal): Promise<void> {
    const { source, clock, logger } = this.#ports
    if (this.#isRemembered()) {
      clock.sleep(HEAD_START_MS, stopping).then(
        () => this.#noteSynced(),
        () => undefined,
      )
    }
    const unwatch = await source.watch(() => this.requestSync())
    while (!stopping.aborted) {
      this.#isWanted = false
      await this.#look(stopping)
      await this.#rest(stopping)
    }
    unwatch()
    await source.close().catch((error: unknown) => {
      logger.warn('the checkout could not be removed', { problem: toReconcileError(error).message })
    })
  }

  approveRemovals(hash: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#applied === undefined) {
        const message = 'the tree has not been read yet; approve again when it has been'
        throw new WaitingError('NotSynced', message, FIRST_RETRY_MS)
      }
      const waiting = this.#held?.hash
      if (hash !== waiting) {
        const now = waiting === undefined ? 'nothing is held' : `what is held is ${waiting}`
        throw new TerminalError('NothingToApprove', `${hash} is not held: ${now}`)
      }
      await this.#apply(this.#applied, hash)
    })
  }

  /** So that an approval, which applies the tree from before once more, never comes after a newer one. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => undefined)
    return turn
  }

  async #look(stopping: AbortSignal): Promise<void> {
    const { source, reader, clock, logger } = this.#ports
    try {
      const version = await source.fetch(stopping)
      if (!isSame(version, this.#applied?.version)) {
        const { tree, fingerprint } = await reader.read(version, stopping)
        // Somebody wrote while we read: what we have may be half of it.
        if (version.fingerprint !== undefined && version.fingerprint !== fingerprint) return this.requestSync()
        await this.#inTurn(() => this.#apply({ tree, version }))
      }
      if (this.#problem !== undefined) logger.info('the source can be read again', { source: source.description })
      this.#problem = undefined
      this.#failures = 0
      this.#lastHeardAt = clock.monotonicNow()
      this.#noteSynced()
    } catch (error) {
      if (stopping.aborted) return
      this.#failures += 1
      const { message } = toReconcileError(error)
      if (message !== this.#problem) logger.warn('the source cannot be read', { problem: message })
      this.#problem = message
      if (this.#isRemembered()) this.#noteSynced()
    }
  }

  /** Something of this source has been applied, before the start perhaps. */
  #isRemembered(): boolean {
    const { source, data } = this.#ports
    return data.state.settings.applied?.source === source.description
  }

  #noteSynced(): void {
    if (this.#isSynced) return
    this.#isSynced = true
    this.#ports.onSynced()
  }

  async #rest(stopping: AbortSignal): Promise<void> {
    if (this.#isWanted) return
    const { source, clock, random } = this.#ports
    const { pollMs: longestMs } = source
    const restMs = this.#failures === 0 ? longestMs : restAfter(this.#failures, { firstMs: FIRST_RETRY_MS, longestMs })
    const ms = restMs * (0.8 + 0.4 * random())
    this.#wake = new AbortController()
    const { signal } = this.#wake
    await underSignals([stopping, signal], (either) => clock.sleep(ms, either)).catch(() => undefined)
  }

  async #apply(applied: AppliedTree, approved?: string): Promise<void> {
    const { data, clock } = this.#ports
    const now = formatTime(clock.now())
    let derived: Derived | undefined
    await data.commit((state) => {
      derived = deriveState(state, applied.tree, { now, approved })
      return this.#noteApplied(state, derived.change, applied.version, now)
    })
    if (derived === undefined) return
    const { findings, held } = derived
    this.#applied = applied
    this.#held = held
    const all = held === undefined ? findings : [held.finding, ...findings]
    this.#showFindings(
      all.length > 0 || hasObjects(data.state) ? all : [{ severity: 'warning', message: NOTHING_FOUND }],
    )
  }

  #showFindings(findings: readonly Finding[]): void {
    const known = new Set(this.#findings.map(describeFinding))
    this.#findings = findings
    for (const finding of findings.filter((candidate) => !known.has(describeFinding(candidate)))) {
      this.#ports.logger.warn('the manifests need a look', {
        severity: finding.severity,
        problem: describeFinding(finding),
      })
    }
  }

  #noteApplied(
    { settings }: StoreState,
    change: StateChange | undefined,
    { commit }: TreeVersion,
    time: string,
  ): StateChange | undefined {
    const source = this.#ports.source.description
    const isNew = settings.applied?.source !== source || settings.applied.commit !== commit
    if (!isNew && change === undefined) return undefined
    const applied = { source, ...(commit !== undefined && { commit }), time }
    return { ...change, settings: { ...change?.settings, applied } }
  }
}

function hasObjects(state: StoreState): boolean {
  return [...listEntries(state)].some(isObjectEntry)
}

function isSame(version: TreeVersion, applied: TreeVersion | undefined): boolean {
  return applied !== undefined && version.commit === applied.commit && version.fingerprint === applied.fingerprint
}
