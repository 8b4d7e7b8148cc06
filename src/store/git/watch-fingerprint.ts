// Hears of changes at once where the system tells of them, and soon where it does not: over a network, or when its watches are used up.
import { watch, type FSWatcher } from 'node:fs'

export interface WatchOptions {
  /** A hint here that something happened is followed by a look. */
  readonly folders: readonly string[]
  readonly pollMs: number
  /** Equal as long as nothing has changed. May be wrong only in being different. */
  readonly fingerprint: () => Promise<string>
}

/** One commit or save makes many events. */
const SETTLE_MS = 30
/** Looking may take this part of the time, so that a large folder on a slow machine is not looked at all day. */
const BUSY_PART = 0.1

export async function watchFingerprint(options: WatchOptions, onChange: () => void): Promise<() => void> {
  let last = await lookAt(options)
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let again = false
  let ended = false

  const schedule = (ms: number): void => {
    if (ended) return
    clearTimeout(timer)
    timer = setTimeout(() => void look(), ms)
    timer.unref()
  }
  const look = async (): Promise<void> => {
    looking = true
    again = false
    const begun = performance.now()
    const next = await lookAt(options)
    looking = false
    if (ended) return
    if (next !== last) onChange()
    last = next
    const restMs = (performance.now() - begun) / BUSY_PART
    schedule(again ? SETTLE_MS : Math.max(options.pollMs, restMs))
  }
  const watchers = options.folders.flatMap((folder) =>
    openWatcher(folder, () => {
      if (looking) again = true
      else schedule(SETTLE_MS)
    }),
  )
  schedule(options.pollMs)
  return () => {
    ended = true
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

/** What cannot be read is a state like any other: whoever fetches will find out what is wrong. */
function lookAt({ fingerprint }: WatchOptions): Promise<string> {
  return fingerprint().catch((error: unknown) => `unreadable: ${String(error)}`)
}

function openWatcher(folder: string, onHint: () => void): FSWatcher[] {
  try {
    // An error afterwards, such as the folder going away, leaves the regular looks.
    return [watch(folder, { persistent: false }, onHint).on('error', () => undefined)]
  } catch {
    return []
  }
}
