// Published server lists: fetched now and then, never waited for when an earlier copy is there, and the last good copy survives a restart on disk.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AddressFamily } from '../../../model/address.ts'
import type { Clock } from '../../../model/clock.ts'
import { shortHash } from '../../../model/hash.ts'
import { describeFailure } from '../../../model/describe-failure.ts'
import { followAbort } from '../follow-abort.ts'
import { getText, type HttpPorts } from '../http/get-text.ts'
import { untilAborted } from '../../../model/until-aborted.ts'
import { parseServerList } from './parse-server-list.ts'
import type { StunServer } from './stun-server.ts'

export interface ServerListOptions extends HttpPorts {
  readonly clock: Clock
  /** Where the last good copies live; undefined keeps them in memory only. */
  readonly directory: string | undefined
  /** Hears why a list could not be refreshed or kept. */
  readonly onProblem?: (problem: string) => void
}

const REFRESH_MS = 60 * 60 * 1000
const RETRY_MS = 5 * 60 * 1000
const FETCH_TIMEOUT_MS = 10_000
const MAX_LIST_BYTES = 1024 * 1024

interface Entry {
  servers: readonly StunServer[] | undefined
  /** Rejects with the reason when the list cannot be had. */
  refreshing: Promise<readonly StunServer[]> | undefined
  failure: Error | undefined
  refreshAtMs: number
}

export class ServerLists {
  readonly #options: ServerListOptions
  readonly #entries = new Map<string, Promise<Entry>>()
  readonly #closing = new AbortController()

  constructor(options: ServerListOptions) {
    this.#options = options
  }

  /** The list, be it an earlier copy. Rejects when there is neither a copy nor an answer. */
  async load(url: URL, family: AddressFamily, signal: AbortSignal): Promise<readonly StunServer[]> {
    // What cannot be had over one family may well be had over the other.
    const key = `${family} ${url.href}`
    const opened = this.#entries.get(key) ?? this.#open(url)
    this.#entries.set(key, opened)
    const entry = await opened
    if (entry.refreshing === undefined && this.#options.clock.monotonicNow() >= entry.refreshAtMs) {
      entry.refreshing = this.#refresh(url, family, entry).finally(() => (entry.refreshing = undefined))
      entry.refreshing.catch(() => {})
    }
    if (entry.servers !== undefined) return entry.servers
    if (entry.refreshing !== undefined) return untilAborted(entry.refreshing, signal)
    throw entry.failure ?? new Error('the list could not be fetched')
  }

  /** Stops whatever is being fetched. */
  close(): void {
    this.#closing.abort()
  }

  async #open(url: URL): Promise<Entry> {
    const file = this.#fileOf(url)
    const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '')
    const servers = parseServerList(text)
    return {
      servers: servers.length > 0 ? servers : undefined,
      refreshing: undefined,
      failure: undefined,
      refreshAtMs: 0,
    }
  }

  async #refresh(url: URL, family: AddressFamily, entry: Entry): Promise<readonly StunServer[]> {
    const { clock } = this.#options
    try {
      const text = await this.#fetch(url, family)
      const servers = parseServerList(text)
      if (servers.length === 0) throw new Error('the list names no server')
      entry.servers = servers
      entry.refreshAtMs = clock.monotonicNow() + REFRESH_MS
      await this.#keep(url, family, text)
      return servers
    } catch (error) {
      entry.refreshAtMs = clock.monotonicNow() + RETRY_MS
      entry.failure = new Error(`server list ${url.origin}${url.pathname}: ${describeFailure(error)}`, { cause: error })
      if (!this.#closing.signal.aborted) this.#options.onProblem?.(entry.failure.message)
      throw entry.failure
    }
  }

  async #fetch(url: URL, family: AddressFamily): Promise<string> {
    const limit = followAbort(this.#closing.signal)
    const expire = (): void => limit.abort(new Error(`no answer within ${FETCH_TIMEOUT_MS / 1000} s`))
    this.#options.clock.sleep(FETCH_TIMEOUT_MS, limit.signal).then(expire, () => {})
    try {
      return await getText({ url, family, maxBytes: MAX_LIST_BYTES }, this.#options, limit.signal)
    } finally {
      limit.abort()
      limit.release()
    }
  }

  /** A copy that cannot be written costs a fetch after the next start, nothing else. */
  async #keep(url: URL, family: AddressFamily, text: string): Promise<void> {
    const file = this.#fileOf(url)
    if (file === undefined || this.#options.directory === undefined) return
    try {
      await mkdir(this.#options.directory, { recursive: true })
      await writeFile(`${file}.${family}`, text)
      await rename(`${file}.${family}`, file)
    } catch (error) {
      this.#options.onProblem?.(`server list ${url.origin}${url.pathname} could not be kept: ${describeFailure(error)}`)
    }
  }

  #fileOf(url: URL): string | undefined {
    const { directory } = this.#options
    return directory === undefined ? undefined : join(directory, `stun-list-${shortHash(url.href)}.txt`)
  }
}
