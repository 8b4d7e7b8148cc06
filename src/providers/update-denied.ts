// Credentials may be good and yet not reach every name or type. Which of a call's sets they do not reach, only smaller calls can tell.
import { TerminalError } from '../model/errors.ts'
import { describeKey } from '../model/record-set.ts'
import type { RawOutcome, RawUnit } from './raw-zone.ts'

/** Says what was refused and what to allow, given what it was about. */
export type DescribeDenial = (what: string) => string

export function updateDenied(zone: string, describe: DescribeDenial): RawOutcome {
  const errorAbout = (what: string): TerminalError => new TerminalError('UpdateDenied', describe(what))
  return {
    kind: 'failed',
    error: errorAbout(zone),
    // A set and its mark are written together: either may be what is not allowed.
    errorOf: (unit: RawUnit) => errorAbout(unit.map(({ key }) => describeKey(key)).join(' with ') || zone),
  }
}
