// Most webhooks answer any failure with 500, be it a record that its provider will never take or an outage of a minute. So that such
// a record keeps no other from being written, what was not done goes apart from the rest next time, in ever smaller parts.
import type { RawUnit } from '../raw-zone.ts'

export class Suspects {
  /** By name, how often in a row a call ended without it. */
  readonly #failures = new Map<string, number>()

  learn(units: readonly RawUnit[], isDone: (unit: RawUnit) => boolean): void {
    for (const [name, own] of groupByName(units)) {
      if (own.every(isDone)) this.#failures.delete(name)
      else this.#failures.set(name, this.#failuresOf(name) + 1)
    }
  }

  /** Those above suspicion first and together, then the others by halves, the least suspicious first. Names stay whole. */
  arrange(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    const byFailures = new Map<number, (readonly RawUnit[])[]>()
    for (const [name, own] of groupByName(units)) {
      const failures = this.#failuresOf(name)
      const names = byFailures.get(failures)
      if (names === undefined) byFailures.set(failures, [own])
      else names.push(own)
    }
    return [...byFailures]
      .sort(([a], [b]) => a - b)
      .flatMap(([failures, names]) => (failures === 0 ? [names] : halve(names)))
      .map((names) => names.flat())
  }

  #failuresOf(name: string): number {
    return this.#failures.get(name) ?? 0
  }
}

function groupByName(units: readonly RawUnit[]): ReadonlyMap<string, readonly RawUnit[]> {
  const byName = new Map<string, RawUnit[]>()
  for (const unit of units) {
    const name = unit[0]?.key.name ?? ''
    const own = byName.get(name)
    if (own === undefined) byName.set(name, [unit])
    else own.push(unit)
  }
  return byName
}

function halve<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)].filter(({ length }) => length > 0)
}
