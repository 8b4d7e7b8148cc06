// Changes of sets as Route 53 takes them: a DELETE that repeats what is stored, then a CREATE. Never an UPSERT, which would write
// over whatever somebody else put there meanwhile, and costs as much. Pure.
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53'
import type { RecordKey } from '../../model/record-set.ts'
import type { RawChange, RawUnit } from '../raw-zone.ts'
import { decodeName } from './route53-text.ts'

const MOST_RECORDS = 1_000
const MOST_CHARACTERS = 32_000

export interface StoredChange {
  readonly change: RawChange
  readonly removed: readonly ResourceRecordSet[]
  readonly added: readonly ResourceRecordSet[]
}

export function formatChangeBatch(changes: readonly StoredChange[]): Change[] {
  const removed = changes.flatMap((change) => change.removed)
  const added = changes.flatMap((change) => change.added)
  // An alias is created after what it points at.
  const ordered = [...added.filter((set) => !isAlias(set)), ...added.filter(isAlias)]
  return [
    ...removed.map((set): Change => ({ Action: 'DELETE', ResourceRecordSet: set })),
    ...ordered.map((set): Change => ({ Action: 'CREATE', ResourceRecordSet: set })),
  ]
}

export interface Weight {
  readonly records: number
  readonly characters: number
}

/** An alias holds no records; it is counted as one to be on the safe side. */
export function weigh(sets: readonly ResourceRecordSet[]): Weight {
  const values = sets.flatMap(
    ({ ResourceRecords, AliasTarget }) => ResourceRecords ?? [{ Value: AliasTarget?.DNSName }],
  )
  return { records: values.length, characters: values.reduce((sum, { Value = '' }) => sum + Value.length, 0) }
}

export function sumWeights(weights: readonly Weight[]): Weight {
  return {
    records: weights.reduce((sum, { records }) => sum + records, 0),
    characters: weights.reduce((sum, { characters }) => sum + characters, 0),
  }
}

/** Units of one name stay in one call where they fit: sets of a name change their kind of routing together or not at all. */
export function packUnits(
  units: readonly RawUnit[],
  weightOf: (unit: RawUnit) => Weight,
): readonly (readonly RawUnit[])[] {
  const batches: RawUnit[][] = []
  let used: Weight = { records: 0, characters: 0 }
  const put = (block: readonly RawUnit[], weight: Weight): void => {
    const sum = sumWeights([used, weight])
    const last = batches.at(-1)
    if (last !== undefined && fits(sum)) last.push(...block)
    else batches.push([...block])
    used = last !== undefined && fits(sum) ? sum : weight
  }
  for (const block of blocksByName(units)) {
    const weight = sumWeights(block.map(weightOf))
    if (fits(weight)) put(block, weight)
    else for (const unit of block) put([unit], weightOf(unit))
  }
  return batches
}

/** Whom the provider's words are about; undefined where they fit nobody, or more than one. */
export function findCulprit(said: string, changes: readonly StoredChange[]): RecordKey | undefined {
  const [, name] = /(?:name='|DNS name )([^',\s]+)/.exec(said) ?? []
  const [, type] = /type[ =]'?([A-Z]+)/.exec(said) ?? []
  const [, value] = /encountered with '(.*?)'/.exec(said) ?? []
  const guilty = changes.filter(({ added, removed }) =>
    name === undefined
      ? added.some(({ ResourceRecords = [] }) => ResourceRecords.some(({ Value }) => Value === value))
      : [...added, ...removed].some((set) => decodeName(set.Name ?? '') === decodeName(name) && set.Type === type),
  )
  const [first] = guilty
  return guilty.length === 1 ? first?.change.key : undefined
}

function blocksByName(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
  const blocks: RawUnit[][] = []
  for (const unit of units) {
    const before = blocks.at(-1)
    if (before !== undefined && nameOf(before[0]) === nameOf(unit)) before.push(unit)
    else blocks.push([unit])
  }
  return blocks
}

function nameOf(unit: RawUnit | undefined): string | undefined {
  return unit?.[0]?.key.name
}

function fits({ records, characters }: Weight): boolean {
  return records <= MOST_RECORDS && characters <= MOST_CHARACTERS
}

function isAlias({ AliasTarget }: ResourceRecordSet): boolean {
  return AliasTarget !== undefined
}
