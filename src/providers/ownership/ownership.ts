// How a DNSProvider wants its records marked, and the session that does so for a zone.
import type { OwnerId } from '../../model/record-set.ts'
import type { ZoneSession } from '../provider.ts'
import type { RawZone } from '../raw-zone.ts'
import { createOwnedSession } from './owned-session.ts'
import { openMarkText } from './txt-encryption.ts'
import { PLAIN_NAMING, type TxtNaming } from './txt-names.ts'
import { TxtRegistry } from './txt-registry.ts'

export interface Ownership {
  readonly id: OwnerId
  /** Auto: notes where the provider keeps them and the zone holds no TXT marks of ours, else TXT. */
  readonly registry: 'Auto' | 'Native' | 'TXT'
  readonly naming: TxtNaming
  /** Opens TXT marks that external-dns has encrypted: 32 bytes. */
  readonly encryptionKey?: Uint8Array
}

export function plainOwnership(id: OwnerId): Ownership {
  return { id, registry: 'Auto', naming: PLAIN_NAMING }
}

export function openOwnedSession(raw: RawZone, ownership: Ownership, keepsNotes: boolean): ZoneSession {
  const { id, registry, naming, encryptionKey } = ownership
  const txt = new TxtRegistry({ zone: raw.zone, naming, open: (text) => openMarkText(text, encryptionKey) })
  if (!keepsNotes || registry === 'TXT') return createOwnedSession(raw, { ownerId: id, registry: txt })
  const notes = { reads: txt, staysWithTxtOf: registry === 'Auto' ? id : undefined }
  return createOwnedSession(raw, { ownerId: id, registry: undefined, notes })
}
