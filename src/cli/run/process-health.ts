// Whether the process can do its work, in words for whoever restarts or routes.
import type { HealthPort } from '../../serve/health-server.ts'
import type { Store, WatchedKind, WatchHealth } from '../../store/store.ts'

/** Longer than any watch is quiet while all is well. */
const STALE_MS = 180_000

/** `now` by the monotonic clock. Ready once everything was read; not ready while a watch has been unheard of for too long. Nothing here is cured by a restart. */
export function processHealth({ store, mayLack }: HealthOptions, now: () => number): HealthPort {
  return {
    live: () => [],
    ready: () => {
      const watches = store.health().filter(({ kind }) => !mayLack.includes(kind))
      return describeAll(watches, now())
    },
  }
}

export interface HealthOptions {
  readonly store: Pick<Store, 'health'>
  /** Kinds without which the work goes on: what needs them says so in its own status. */
  readonly mayLack: readonly WatchedKind[]
}

/** Without a cluster all kinds come from one source, which fails for all of them: its reason is told once. */
function describeAll(watches: readonly WatchHealth[], now: number): readonly string[] {
  const kindsOf = new Map<string, string[]>()
  for (const watch of watches) {
    const state = describe(watch, now)
    if (state === undefined) continue
    kindsOf.set(state, [...(kindsOf.get(state) ?? []), watch.kind])
  }
  return [...kindsOf].map(([state, kinds]) => `${kinds.join(', ')}: ${state}`)
}

function describe({ synced, lastHeardAt, problem }: WatchHealth, now: number): string | undefined {
  const why = problem === undefined ? '' : `: ${problem}`
  if (!synced) return `not read yet${why}`
  if (problem === undefined || now - (lastHeardAt ?? -Infinity) < STALE_MS) return undefined
  return `not heard of for more than ${STALE_MS / 60_000} minutes${why}`
}
