// What every kind's status has, and when a status is worth writing.
import type { Conditions } from '../api/conditions.ts'
import type { ObjectMeta } from '../api/kinds.ts'
import { isSameValue } from '../model/same-value.ts'
import { handledRequest } from './handled-request.ts'

export interface CommonStatus {
  readonly observedGeneration?: number
  readonly lastHandledReconcileAt?: string
  readonly conditions?: Conditions
}

export interface StatusHolder<Status> {
  readonly metadata: Pick<ObjectMeta, 'generation' | 'annotations'>
  readonly status?: Status | undefined
}

/** The part of a status that says which spec and which request it speaks of, and how the object is. */
export function commonStatus({ metadata, status }: StatusHolder<CommonStatus>, conditions: Conditions): CommonStatus {
  const request = handledRequest(metadata) ?? status?.lastHandledReconcileAt
  const common = { observedGeneration: metadata.generation, conditions }
  return request === undefined ? common : { ...common, lastHandledReconcileAt: request }
}

/** Undefined when the next status says just what the previous one does: then nothing is written. */
export function ifChanged<Status>(previous: Status | undefined, next: Status): Status | undefined {
  return isSameValue(next, previous ?? {}) ? undefined : next
}
