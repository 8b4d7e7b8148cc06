const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

interface Step {
  /** Durations below this are written so. */
  readonly below: number
  readonly unit: readonly [number, string]
  /** A second, finer unit, left out when there is none of it. */
  readonly finer?: readonly [number, string]
}

/** The finer the shorter the duration is; the same steps as kubectl's AGE. */
const STEPS: readonly Step[] = [
  { below: 2 * MINUTE, unit: [SECOND, 's'] },
  { below: 10 * MINUTE, unit: [MINUTE, 'm'], finer: [SECOND, 's'] },
  { below: 3 * HOUR, unit: [MINUTE, 'm'] },
  { below: 8 * HOUR, unit: [HOUR, 'h'], finer: [MINUTE, 'm'] },
  { below: 2 * DAY, unit: [HOUR, 'h'] },
  { below: 8 * DAY, unit: [DAY, 'd'], finer: [HOUR, 'h'] },
  { below: 2 * YEAR, unit: [DAY, 'd'] },
  { below: 8 * YEAR, unit: [YEAR, 'y'], finer: [DAY, 'd'] },
]

/** As kubectl writes ages: `5m30s`, `3h`, `2d`. */
export function describeAge(milliseconds: number): string {
  const duration = Math.max(0, milliseconds)
  const step = STEPS.find(({ below }) => duration < below)
  const [size, letter] = step?.unit ?? [YEAR, 'y']
  const rest = step?.finer === undefined ? 0 : Math.floor((duration % size) / step.finer[0])
  return `${Math.floor(duration / size)}${letter}${rest === 0 ? '' : `${rest}${step?.finer?.[1]}`}`
}
