// The places at which a list was read on. A server that names one of them again, or none, would be asked for ever.
import { TransientError } from '../model/errors.ts'

export class PageTrail {
  readonly #name: string
  readonly #places = new Set<string>()

  /** `name` is how messages call the server. */
  constructor(name: string) {
    this.#name = name
  }

  /** Where the next page begins, as a text. Throws where that leads nowhere new. */
  follow(place: string): void {
    if (!this.#places.has(place)) return void this.#places.add(place)
    throw new TransientError(
      'ProviderUnavailable',
      `${this.#name} says that a list goes on, but not where, or where it was read already; this is a fault of the server, ` +
        'which is asked again: check that it is the provider itself and nothing in between',
    )
  }
}
