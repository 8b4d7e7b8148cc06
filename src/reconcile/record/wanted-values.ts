// Who wants a value in DNS: of the hundreds of records that use a pool, those few that publish an address which has left it.
import type { Intent } from '../../model/intent.ts'

const NOBODY: ReadonlySet<string> = new Set()

export class WantedValues {
  readonly #wanting = new Map<string, Set<string>>()

  /** From now on the record wants the values of these intents, and none of those that it wanted before. */
  replace(ref: string, before: readonly Intent[], after: readonly Intent[]): void {
    const had = listValues(before)
    const has = listValues(after)
    for (const value of had) if (!has.has(value)) this.#remove(value, ref)
    for (const value of has) if (!had.has(value)) this.#add(value, ref)
  }

  /** The records that want at least one of the values. */
  of(values: Iterable<string>): ReadonlySet<string> {
    const refs = new Set<string>()
    for (const value of values) for (const ref of this.#wanting.get(value) ?? NOBODY) refs.add(ref)
    return refs
  }

  #add(value: string, ref: string): void {
    const refs = this.#wanting.get(value)
    if (refs === undefined) this.#wanting.set(value, new Set([ref]))
    else refs.add(ref)
  }

  #remove(value: string, ref: string): void {
    const refs = this.#wanting.get(value)
    refs?.delete(ref)
    if (refs?.size === 0) this.#wanting.delete(value)
  }
}

/** Of all names together. */
function listValues(intents: readonly Intent[]): ReadonlySet<string> {
  const values = new Set<string>()
  for (const intent of intents) if (intent.kind === 'update') for (const { value } of intent.values) values.add(value)
  return values
}
