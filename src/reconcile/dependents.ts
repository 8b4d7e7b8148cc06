// Who has to be looked at again when something changes that they refer to.

export class Dependents {
  readonly #byDependent = new Map<string, ReadonlySet<string>>()
  readonly #byReference = new Map<string, Set<string>>()

  /** From now on the dependent refers to exactly these; to none, when it is gone. */
  set(dependent: string, references: Iterable<string>): void {
    const after = new Set(references)
    const before = this.#byDependent.get(dependent) ?? new Set<string>()
    for (const reference of before) if (!after.has(reference)) this.#remove(reference, dependent)
    for (const reference of after) if (!before.has(reference)) this.#put(reference, dependent)
    if (after.size === 0) this.#byDependent.delete(dependent)
    else this.#byDependent.set(dependent, after)
  }

  of(reference: string): Iterable<string> {
    return this.#byReference.get(reference) ?? []
  }

  #put(reference: string, dependent: string): void {
    const dependents = this.#byReference.get(reference) ?? new Set<string>()
    this.#byReference.set(reference, dependents.add(dependent))
  }

  #remove(reference: string, dependent: string): void {
    const dependents = this.#byReference.get(reference)
    dependents?.delete(dependent)
    if (dependents?.size === 0) this.#byReference.delete(reference)
  }
}
