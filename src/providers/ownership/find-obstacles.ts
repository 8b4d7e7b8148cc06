// Why changes cannot be made, as far as that is known without asking. Some servers drop a CNAME beside other data, and other data beside
// a CNAME, and say that all went well; elsewhere what was to make room is gone before the other is refused. Pure.
import type { Fqdn } from '../../model/name.ts'
import { describeKey, keyText, type OwnerId, type RecordKey } from '../../model/record-set.ts'
import type { Change } from '../../plan/plan.ts'
import type { Obstacle } from '../provider.ts'
import type { RawUnit } from '../raw-zone.ts'
import { ownerAfter, toRaw, type UnitContext } from './marked-units.ts'

/** Each with what it does to the zone. */
type Units = ReadonlyMap<Change, RawUnit>
type Obstacles = ReadonlyMap<Change, Obstacle>

const ELSEWHERE = 'or set spec.ownership.txtPrefix on the DNSProvider'

/** What makes room for a change that cannot be made is not made either. */
export function findObstacles(units: Units, context: UnitContext): Obstacles {
  const batch = [...units.keys()]
  const leaving = keysLeaving(units)
  const ofAliases = collect(batch, (change) => findBesideAlias(change, context, leaving))
  const aliases = new Set(batch.filter((change) => isNewAlias(change) && !ofAliases.has(change)).map(nameOf))
  const ofMarks = collect(batch, (change) => findAtMark(change, context, { aliases, leaving }))
  const own = new Map([...ofMarks, ...ofAliases])
  const blocked = new Map([...own].map(([change, obstacle]) => [nameOf(change), obstacle]))
  return collect(
    batch,
    (change) => own.get(change) ?? (change.kind === 'delete' ? blocked.get(nameOf(change)) : undefined),
  )
}

function findBesideAlias(
  change: Change,
  { othersAt, markedAt, registry }: UnitContext,
  leaving: ReadonlySet<string>,
): Obstacle | undefined {
  if (!isNewAlias(change)) return undefined
  const { key } = change
  const [other] = othersAt(key.name)
  if (other !== undefined) {
    return {
      reason: 'CNAMEConflict',
      message: `${describeKey(key)} cannot stand beside ${other} ${key.name}: remove that at the provider, or use another name`,
    }
  }
  const marked = markedAt(key.name)
  if (registry === undefined || marked === undefined || leaving.has(keyText(textAt(key.name, marked)))) return undefined
  return {
    reason: 'CNAMEConflict',
    message: `${describeKey(key)} cannot stand where the mark for ${describeKey(marked)} is; use another name, ${ELSEWHERE}`,
  }
}

interface Batch {
  /** Names where a CNAME comes. */
  readonly aliases: ReadonlySet<Fqdn>
  /** Keys of what goes. */
  readonly leaving: ReadonlySet<string>
}

function findAtMark(change: Change, context: UnitContext, batch: Batch): Obstacle | undefined {
  const owner = ownerAfter(change)
  if (context.registry === undefined || change.kind === 'delete' || owner === undefined) return undefined
  const marker = context.registry.markerFor(toRaw(change.next), owner)
  if (marker === undefined)
    return { reason: 'InvalidSpec', message: `${describeKey(change.key)} leaves no room for the name of a mark` }
  const what = `the mark for ${describeKey(change.key)} would stand at ${marker.key.name}`
  const isThere = context.seen(change.key)?.marker?.key.name === marker.key.name
  const alias = isThere ? undefined : findAlias(context, marker.key, batch)
  if (alias !== undefined) return { reason: 'CNAMEConflict', message: `${what}, ${alias}, ${ELSEWHERE}` }
  const stranger = findStranger(context, marker.key, owner.id)
  if (stranger === undefined) return undefined
  return { reason: 'NotOwned', message: `${what}, where there is ${stranger}; remove it, ${ELSEWHERE}` }
}

function findAlias({ seen }: UnitContext, place: RecordKey, { aliases, leaving }: Batch): string | undefined {
  const key: RecordKey = { ...place, type: 'CNAME' }
  const present = leaving.has(keyText(key)) ? undefined : seen(key)?.set
  if (present !== undefined) return `where there is a CNAME to ${present.values.join(', ')}; remove it`
  return aliases.has(place.name) ? 'where a CNAME is wanted, too; use another name' : undefined
}

/** Where the mark would stand there may be a TXT of somebody else, which is not ours to replace. */
function findStranger({ registry, seen }: UnitContext, place: RecordKey, id: OwnerId): string | undefined {
  const present = seen(place)?.set
  if (present === undefined) return undefined
  const holder = registry?.ownerOf(present)
  if (holder === undefined) return 'a TXT record of somebody else'
  return holder.id === id ? undefined : `a mark of ${holder.id} (${holder.resource})`
}

function isNewAlias({ kind, key }: Change): boolean {
  return kind === 'create' && key.type === 'CNAME'
}

function keysLeaving(units: Units): ReadonlySet<string> {
  const gone = [...units.values()].flat().filter(({ next }) => next === undefined)
  return new Set(gone.map(({ key }) => keyText(key)))
}

function textAt(name: Fqdn, { setId }: RecordKey): RecordKey {
  return { name, type: 'TXT', setId }
}

function nameOf({ key }: Change): Fqdn {
  return key.name
}

function collect(batch: readonly Change[], find: (change: Change) => Obstacle | undefined): Obstacles {
  return new Map(
    batch.flatMap((change) => {
      const obstacle = find(change)
      return obstacle === undefined ? [] : [[change, obstacle] as const]
    }),
  )
}
