import type { ZoneTable } from '../model/zone.ts'
import type { Change } from './plan.ts'

/** Carries changes out on a zone held in memory: to simulate a plan, and to keep what is known of a zone true after a write. */
export function applyChanges(zone: ZoneTable, changes: Iterable<Change>): void {
  for (const change of changes) {
    if (change.kind === 'delete') zone.delete(change.key)
    else zone.set(change.next)
  }
}
