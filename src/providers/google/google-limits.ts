// How much fits into one change of Cloud DNS. The project says so itself; the defaults are for accounts that may not ask.
import { CAPABILITIES } from '../capabilities.ts'
import type { RawUnit } from '../raw-zone.ts'
import { formatGoogleSet } from './google-records.ts'

export interface GoogleLimits {
  readonly additions: number
  readonly deletions: number
  /** Of all record data in a change, in bytes. */
  readonly dataBytes: number
  readonly valuesPerSet: number
}

export type GoogleQuota = Readonly<
  Partial<
    Record<
      'rrsetAdditionsPerChange' | 'rrsetDeletionsPerChange' | 'totalRrdataSizePerChange' | 'resourceRecordsPerRrset',
      unknown
    >
  >
>

export function parseLimits(quota: GoogleQuota): GoogleLimits {
  return {
    additions: atLeastOne(quota.rrsetAdditionsPerChange) ?? 1000,
    deletions: atLeastOne(quota.rrsetDeletionsPerChange) ?? 1000,
    dataBytes: atLeastOne(quota.totalRrdataSizePerChange) ?? 100_000,
    valuesPerSet: atLeastOne(quota.resourceRecordsPerRrset) ?? CAPABILITIES.Google.maxValues,
  }
}

type Load = Pick<GoogleLimits, 'additions' | 'deletions' | 'dataBytes'>

const NOTHING: Load = { additions: 0, deletions: 0, dataBytes: 0 }

/**
 * In order, each batch as full as the limits allow. What belongs to one name stays together, so that the name changes in one go.
 * What is too big by itself goes alone, for Google to refuse.
 */
export function batchUnits(units: readonly RawUnit[], limits: GoogleLimits): readonly (readonly RawUnit[])[] {
  const batches: RawUnit[][] = []
  let load: Load = NOTHING
  for (const group of groupByName(units)) {
    const more = group.map(loadOf).reduce(add, NOTHING)
    const sum = add(load, more)
    const current = batches.at(-1)
    if (current === undefined || !fits(sum, limits)) {
      batches.push([...group])
      load = more
    } else {
      current.push(...group)
      load = sum
    }
  }
  return batches
}

/** Changes come by name. */
function groupByName(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
  const groups: RawUnit[][] = []
  for (const unit of units) {
    const group = groups.at(-1)
    if (group !== undefined && group[0]?.[0]?.key.name === unit[0]?.key.name) group.push(unit)
    else groups.push([unit])
  }
  return groups
}

function loadOf(unit: RawUnit): Load {
  return unit
    .map(({ previous, next }) => ({
      additions: next === undefined ? 0 : 1,
      deletions: previous === undefined ? 0 : 1,
      dataBytes: [previous, next].reduce((sum, set) => sum + (set === undefined ? 0 : dataBytesOf(set)), 0),
    }))
    .reduce(add, NOTHING)
}

function dataBytesOf(set: Parameters<typeof formatGoogleSet>[0]): number {
  return formatGoogleSet(set).rrdatas.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
}

function add(a: Load, b: Load): Load {
  return {
    additions: a.additions + b.additions,
    deletions: a.deletions + b.deletions,
    dataBytes: a.dataBytes + b.dataBytes,
  }
}

function fits(load: Load, limits: GoogleLimits): boolean {
  return load.additions <= limits.additions && load.deletions <= limits.deletions && load.dataBytes <= limits.dataBytes
}

function atLeastOne(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 ? value : undefined
}
