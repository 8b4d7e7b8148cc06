// The wording of refusals: what is there, whose it is, and what a person can do about it.
import type { ClearIntent, Refusal, RefusalReason, UpdateIntent } from '../model/intent.ts'
import { describeKey, type OwnedValue, type Owner, type OwnerId, type StoredSet } from '../model/record-set.ts'
import { listSome, printable } from '../model/text.ts'
import type { ZoneCut } from '../model/zone.ts'

const MOST_VALUES = 5

export function refuseUnowned(intent: UpdateIntent, values: readonly OwnedValue[]): Refusal {
  return refuse(
    intent,
    'NotOwned',
    `${describeKey(intent.key)} already holds ${describeValues(values)} without an owner's mark: ` +
      'set spec.adopt: true to take it over (once for each edit of the spec), or delete it at the provider',
  )
}

/** For keys where one owner has all values. */
export function refuseForeign(intent: UpdateIntent, values: readonly OwnedValue[], owner: Owner): Refusal {
  const why = isPointer(intent) ? `a name has one ${intent.key.type}` : 'this provider keeps one owner per record set'
  return refuse(
    intent,
    'NotOwned',
    `${describeKey(intent.key)} holds ${describeValues(values)} of ${describeOwner(owner)}, and ${why}: ` +
      `remove the name there, or use another name here${describeLostData(owner)}`,
  )
}

export function refuseNeighbour(intent: UpdateIntent, neighbour: StoredSet, ownerId: OwnerId): Refusal {
  const { key, values } = neighbour
  return refuse(
    intent,
    key.type === intent.key.type ? 'Conflicted' : 'CNAMEConflict',
    `${describeKey(intent.key)} cannot stand beside ${describeKey(key)} (${describeValues(values)}), ` +
      describeHolder(values, ownerId),
  )
}

/** What nobody would see is not written, and never called published. */
export function refuseOccluded(intent: UpdateIntent, { name, type, targets }: ZoneCut): Refusal {
  const what = `${type} ${name}${targets.length === 0 ? '' : ` (${listSome(targets.map(printable), MOST_VALUES)})`}`
  const why =
    type === 'NS'
      ? `hands that name and all below it to other servers: add zone ${name} to a DNSProvider, delete that NS`
      : 'answers for all names below it: delete it at the provider'
  const message = `no resolver would see ${describeKey(intent.key)} in zone ${intent.zone.zone}, because ${what} there ${why}, or use another name`
  return refuse(intent, 'Occluded', message)
}

export function refuseDelete(intent: ClearIntent): Refusal {
  return refuse(
    intent,
    'PolicyForbidsDelete',
    `${describeKey(intent.key)} is no longer wanted but stays, because spec.syncPolicy is UpsertOnly: ` +
      'delete it at the provider, or set spec.syncPolicy: Sync',
  )
}

/** A name that points to another has one value, and therefore one owner. */
export function isPointer({ key }: UpdateIntent): boolean {
  return key.type === 'CNAME' || key.type === 'ALIAS'
}

export function describeValues(values: readonly OwnedValue[]): string {
  return listSome(
    values.map(({ value }) => printable(value)),
    MOST_VALUES,
  )
}

function describeOwner(owner: Owner): string {
  const by = owner.uid === undefined ? 'another program' : 'another Stoa'
  return `${by}, owner id ${printable(owner.id)} (${printable(owner.resource)})`
}

/** Who lost the data directory, or the cluster, finds what is in DNS to be a stranger's: the way back changes nothing there. */
function describeLostData({ uid, id }: Owner): string {
  if (uid === undefined) return ''
  return `; or, if that was this Stoa before its data was lost, set spec.ownership.id of the DNSProvider to ${printable(id)}`
}

function describeHolder(values: readonly OwnedValue[], ownerId: OwnerId): string {
  const owner = values.find((value) => value.owner !== undefined)?.owner
  if (owner === undefined) return "which has no owner's mark: delete it at the provider, or use another name"
  if (owner.id !== ownerId) {
    return `which belongs to ${describeOwner(owner)}: remove it there, or use another name${describeLostData(owner)}`
  }
  return `which belongs to ${printable(owner.resource)}: remove it there, or with \`stoa prune\` if nothing claims it any more`
}

function refuse({ resource, key }: UpdateIntent | ClearIntent, reason: RefusalReason, message: string): Refusal {
  return { resource, name: key.name, key, reason, message }
}
