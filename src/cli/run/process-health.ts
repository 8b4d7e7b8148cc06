// Whether the process can do its work, in words for whoever restarts or routes.
import type { HealthPort } from '../../serve/health-server.ts'
import type { Store, WatchedKind, WatchHealth } from '../../store/store.ts'

/** Longer than any watch is quiet while all is well. */
const STALE_MS = 180_000

/** Ready once everything was read; not ready while a watch has been unheard of for too long. Nothing here is cured by a restart. */
export function processHealth({ store, mayLack }: HealthOptions, now: () => number): HealthPort {
  return {
    live: () => [],
    ready: () => {
      const watches = store.health().filter(({ kind }) => !mayLack.includes(kind))
      return watches.flatMap((watch) => describe(watch, now()) ?? [])
    },
  }
}

export interface HealthOptions {
  readonly store: Pick<Store, 'health'>
  /** Kinds without which the work goes on: what needs them says so in its own status. */
  readonly mayLack: readonly WatchedKind[]
}

function describe({ kind, synced, lastHeardAt, problem }: WatchHealth, now: number): string | undefined {
  const why = problem === undefined ? '' : `: ${problem}`
  if (!synced) return `${kind} has not been read yet${why}`
  if (problem === undefined || now - (lastHeardAt ?? 0) < STALE_MS) return undefined
  return `${kind} has not been heard of for more than ${STALE_MS / 60_000} minutes${why}`
}
