// An object as people wrote it and the apiserver would give it back, with metadata filled in and its status.
import type { KindName } from '../../api/kinds.ts'

/** What the view shows. */
export type ViewKind = KindName | 'Node'

export interface RawMetadata {
  readonly name: string
  /** Absent for a Node. */
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export interface RawObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: RawMetadata
  readonly [field: string]: unknown
}
