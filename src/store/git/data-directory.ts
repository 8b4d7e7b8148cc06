// The folder in which a Stoa without a cluster remembers: its state, and who may change it. One process at a time.
import { describeSystemError } from '../../model/describe-system-error.ts'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import { shortHash } from '../../model/hash.ts'
import { SILENT_LOGGER, type Logger } from '../../telemetry/logger.ts'
import { hasCode } from './durable-file.ts'
import { lockFolder, type FolderLock } from './folder-lock.ts'
import { openJournal, readJournal, type Journal, type JournalFormat } from './journal.ts'
import { makeFolder } from './make-folder.ts'
import { recheckSpecs } from './recheck-specs.ts'
import { applyChanges, emptyState, StateDraft, wholeState, type StateChange, type StoreState } from './state.ts'

/** A new version comes with a migration from the one before. */
const FORMAT: JournalFormat = { version: 1, migrations: new Map() }
const STATE_FILE = 'state.jsonl'
const SCHEMAS = shortHash(JSON.stringify(KIND_DEFINITIONS))

/** Decides on the state as it is when its turn comes. Undefined: nothing to change. A throw is the caller's alone. */
export type Decision = (state: StoreState) => StateChange | undefined

interface Waiting {
  readonly decide: Decision
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface Commit {
  readonly before: StoreState
  readonly after: StoreState
  readonly changes: readonly StateChange[]
}

/** The last try to save has failed. */
export interface SaveFailure {
  readonly problem: string
  /** The last moment before it began, by the monotonic clock. */
  readonly lastHeardAt: number
}

interface Opened {
  readonly path: string
  readonly lock: FolderLock
  readonly journal: Journal
  readonly state: StoreState
  readonly now: () => number
}

export class DataDirectory {
  readonly path: string
  readonly #lock: FolderLock
  readonly #journal: Journal
  readonly #now: () => number
  readonly #listeners = new Set<(commit: Commit) => void>()
  #state: StoreState
  #waiting: Waiting[] = []
  #saving: Promise<void> | undefined
  #closed = false
  #failure: SaveFailure | undefined

  private constructor({ path, lock, journal, state, now }: Opened) {
    this.path = path
    this.#lock = lock
    this.#journal = journal
    this.#state = state
    this.#now = now
  }

  /** Throws a `TerminalError` when another process has it, or when it cannot be made, read or written. */
  static async open(path: string, logger: Logger = SILENT_LOGGER, now = monotonicNow): Promise<DataDirectory> {
    await makeFolder(path, 0o700).catch((error: unknown) => failToOpen(path, error))
    const lock = await lockFolder(join(path, 'lock')).catch((error: unknown) => failToOpen(path, error))
    try {
      const loaded = await openJournal({ path: join(path, STATE_FILE), format: FORMAT })
      for (const warning of loaded.warnings) logger.warn('the state was not whole', { problem: warning })
      const remembered = applyLines(loaded.lines)
      const state = applyChanges(remembered, [recheckSpecs(remembered, SCHEMAS)])
      // At once: the identity is on disk before anybody hears it, and a folder that cannot be written to is found out now.
      await loaded.journal.rewrite([wholeState(state)])
      return new DataDirectory({ path, lock, journal: loaded.journal, state, now })
    } catch (error) {
      await lock.release()
      failToOpen(path, error)
    }
  }

  /** As it is on disk. */
  get state(): StoreState {
    return this.#state
  }

  /** Undefined while all could be saved: what nobody can remember is tried again by whoever wanted it. */
  get failure(): SaveFailure | undefined {
    return this.#failure
  }

  /** The listener hears of what is on disk, before whoever committed it does. It must not throw. */
  subscribe(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Resolves once the change is on disk. What comes while a save is under way shares the next one. When saving fails, nothing has
   * changed, and a `TransientError` says why.
   */
  commit(decide: Decision): Promise<void> {
    if (this.#closed) return Promise.reject(new TerminalError('Stopped', 'the data directory is closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ decide, resolve, reject })
      this.#saving ??= this.#saveAll()
    })
  }

  /** After what is under way has been saved. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#saving
    await this.#journal.close()
    await this.#lock.release()
  }

  async #saveAll(): Promise<void> {
    // A turn for those who write in the same breath, and for `#saving` to be set before it is cleared.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      await this.#saveBatch(batch)
    }
    // Here, and not in a turn of its own: whoever comes in between would wait for nobody.
    this.#saving = undefined
  }

  async #saveBatch(batch: readonly Waiting[]): Promise<void> {
    const draft = new StateDraft(this.#state)
    const changes: StateChange[] = []
    const decided: Waiting[] = []
    for (const waiting of batch) {
      try {
        const change = waiting.decide(draft)
        if (change !== undefined) {
          draft.apply(change)
          changes.push(change)
        }
        decided.push(waiting)
      } catch (error) {
        waiting.reject(error)
      }
    }
    try {
      if (changes.length > 0) await this.#save({ before: this.#state, after: draft, changes })
      for (const { resolve } of decided) resolve()
    } catch (error) {
      const message = `${this.path} cannot be written to (${describeSystemError(error)}); what was there is kept`
      this.#failure = { problem: message, lastHeardAt: this.#failure?.lastHeardAt ?? this.#now() }
      const failure = new TransientError('StateNotSaved', message, { cause: error })
      for (const { reject } of decided) reject(failure)
    }
  }

  async #save(commit: Commit): Promise<void> {
    await this.#journal.append(commit.changes, () => [wholeState(commit.after)])
    this.#failure = undefined
    this.#state = commit.after
    for (const listener of this.#listeners) listener(commit)
  }
}

/** What the process that used the folder last had saved, for a look while none does. Undefined when there is nothing to see. */
export async function readSavedState(path: string): Promise<StoreState | undefined> {
  const lines = await readJournal({ path: join(path, STATE_FILE), format: FORMAT })
  return lines === undefined ? undefined : applyLines(lines)
}

/** The file is ours, and each line has passed its checksum. */
function applyLines(lines: readonly unknown[]): StoreState {
  const batches = lines as readonly (readonly StateChange[])[]
  return applyChanges(emptyState({ identity: randomUUID(), revision: 0, schemas: SCHEMAS }), batches.flat())
}

function monotonicNow(): number {
  return performance.now()
}

function failToOpen(path: string, error: unknown): never {
  if (error instanceof TerminalError) throw error
  const isFull = hasCode(error, 'ENOSPC', 'EDQUOT')
  const remedy = isFull ? 'make room there, or choose another' : 'choose another, or let this user write there'
  const message = `the data directory ${path} cannot be used (${describeSystemError(error)}): ${remedy}`
  throw new TerminalError('DataDirectoryUnusable', message, { cause: error })
}
