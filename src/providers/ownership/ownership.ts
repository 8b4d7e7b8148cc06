// How a DNSProvider wants its records marked, and the session that does so for a zone.
import type { OwnerId } from '../../model/record-set.ts'
import type { ZoneSession } from '../provider.ts'
import type { RawZone } from '../raw-zone.ts'
import { createOwnedSession } from './owned-session.ts'
import type { TxtNaming } from './txt-names.ts'
import { TxtRegistry } from './txt-registry.ts'

export interface Ownership {
  readonly id: OwnerId
  /** Auto: notes where the provider keeps them and the zone holds no TXT marks of ours, else TXT. */
  readonly registry: 'Auto' | 'Native' | 'TXT'
  readonly naming: TxtNaming
}

/** Of a provider that has no room for notes of ours beside a set. */
export function openTxtSession(raw: RawZone, { id, naming }: Ownership): ZoneSession {
  return createOwnedSession(raw, { ownerId: id, registry: new TxtRegistry({ zone: raw.zone, naming }) })
}

/** Of one that has. */
export function openNoteSession(raw: RawZone, ownership: Ownership): ZoneSession {
  const { id, registry, naming } = ownership
  if (registry === 'TXT') return openTxtSession(raw, ownership)
  const notes = {
    reads: new TxtRegistry({ zone: raw.zone, naming }),
    staysWithTxtOf: registry === 'Auto' ? id : undefined,
  }
  return createOwnedSession(raw, { ownerId: id, registry: undefined, notes })
}
