// The uid that an object gets when it is first seen. Not by chance: a rehearsal on a copy of the data directory gives the same one, so that
// what it asks to approve is what a running Stoa asks about.
import { createHash } from 'node:crypto'
import type { EntryRef, Settings } from './state.ts'

/** An object that comes back after its removal is another one, by the count of removals. */
export function createUid({ identity, removed = 0 }: Settings, { kind, namespace, name }: EntryRef): string {
  const digest = createHash('sha256').update(JSON.stringify([identity, removed, kind, namespace, name]))
  const hex = digest.digest('hex')
  // As RFC 9562 marks a UUID of one's own making: version 8, variant 10.
  const variant = ((parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}
