// Who has to be looked at again when something changes that they refer to.

interface Reference {
  readonly text: string
  readonly dependents: Set<string>
}

const NONE: readonly Reference[] = []

export class Dependents {
  readonly #byDependent = new Map<string, readonly Reference[]>()
  readonly #references = new Map<string, Reference>()

  /** From now on the dependent refers to exactly these; to none, when it is gone. */
  set(dependent: string, references: Iterable<string>): void {
    const after = [...new Set(references)].map((text) => this.#reference(text))
    const before = this.#byDependent.get(dependent) ?? NONE
    for (const reference of after) reference.dependents.add(dependent)
    for (const reference of before) if (!after.includes(reference)) this.#remove(reference, dependent)
    if (after.length === 0) this.#byDependent.delete(dependent)
    else this.#byDependent.set(dependent, after)
  }

  of(reference: string): Iterable<string> {
    return this.#references.get(reference)?.dependents ?? []
  }

  #reference(text: string): Reference {
    const reference = this.#references.get(text) ?? { text, dependents: new Set() }
    this.#references.set(text, reference)
    return reference
  }

  #remove({ text, dependents }: Reference, dependent: string): void {
    dependents.delete(dependent)
    if (dependents.size === 0) this.#references.delete(text)
  }
}
