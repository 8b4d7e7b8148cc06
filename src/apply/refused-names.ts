// Names of which a change was refused for good. What somebody made there since the zone was read may be the reason, and says more than
// the provider's words do.
import type { Fqdn } from '../model/name.ts'
import { keyText, type StoredSet } from '../model/record-set.ts'
import type { ZoneView } from '../model/zone.ts'
import { sameContent } from '../plan/compare-sets.ts'
import type { ChangeOutcome } from '../providers/provider.ts'
import { isRefused } from './change-outcomes.ts'

export class RefusedNames {
  /** With what was known of them. */
  readonly #known = new Map<Fqdn, readonly StoredSet[]>()

  /** Of what was refused for itself: credentials, rights and what the planner should have seen have words of their own. */
  note(outcomes: readonly ChangeOutcome[], view: ZoneView): void {
    for (const outcome of outcomes) {
      const { name } = outcome.change.key
      if (isRefused(outcome) && outcome.error.reason === 'ProviderRefused') this.#known.set(name, view.atName(name))
    }
  }

  get names(): readonly Fqdn[] {
    return [...this.#known.keys()]
  }

  /** To be called when all of them were read again: those where something else is than was known. */
  takeNews(view: ZoneView): readonly Fqdn[] {
    const news = [...this.#known].filter(([name, sets]) => !areSame(sets, view.atName(name))).map(([name]) => name)
    this.#known.clear()
    return news
  }
}

/** Both are in the order of their keys. */
function areSame(before: readonly StoredSet[], after: readonly StoredSet[]): boolean {
  const isSame = (set: StoredSet, other: StoredSet | undefined): boolean =>
    other !== undefined && keyText(set.key) === keyText(other.key) && sameContent(set, other)
  return before.length === after.length && before.every((set, index) => isSame(set, after[index]))
}
