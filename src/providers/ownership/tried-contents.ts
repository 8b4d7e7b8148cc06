// What one set was written as while nobody could tell which write came through: any of it is ours.
import type { RawSet } from '../raw-zone.ts'

/** The latest first. */
export type TriedContents = readonly string[]

const MOST_CONTENTS = 8

export function addTried(tried: TriedContents, sets: readonly RawSet[]): TriedContents {
  return [...sets.map(contentOf), ...tried].slice(0, MOST_CONTENTS)
}

export function wasTried(tried: TriedContents, set: RawSet): boolean {
  return tried.includes(contentOf(set))
}

function contentOf({ values }: RawSet): string {
  return values.join('\n')
}
