// What people should hear of a record: changes that were made, and trouble that begins or ends.
import { findCondition, type Conditions } from '../../api/conditions.ts'
import type { DynamicDNSRecord } from '../../api/kinds.ts'
import { listSome } from '../../model/text.ts'
import type { StoredObject, StoreEvent } from '../../store/store.ts'

const MOST_CHANGES = 5

export function listEvents(
  { kind, metadata, status: before }: StoredObject<DynamicDNSRecord>,
  after: NonNullable<DynamicDNSRecord['status']>,
  applied: ReadonlyMap<string, string>,
): readonly StoreEvent[] {
  const about = { kind, metadata }
  const events: StoreEvent[] = []
  if (applied.size > 0) {
    const message = listSome([...applied.values()], MOST_CHANGES)
    events.push({ type: 'Normal', reason: 'RecordsChanged', message, about })
  }
  const was = findCondition(before?.conditions ?? [], 'Ready')
  const is = findCondition(after.conditions ?? [], 'Ready')
  if (is !== undefined) events.push(...describeTurn(was, is).map((turn) => ({ ...turn, about })))
  return events
}

type Ready = Conditions[number]

function describeTurn(
  was: Ready | undefined,
  { status, reason, message }: Ready,
): readonly Omit<StoreEvent, 'about'>[] {
  if (was?.status === status && was.reason === reason) return []
  if (status === 'False') return [{ type: 'Warning', reason, message }]
  return status === 'True' && was?.status === 'False' ? [{ type: 'Normal', reason, message }] : []
}
