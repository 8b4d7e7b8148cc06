// LiveDNS's lists come in pages: a Link header leads to the next one, and Total-Count says how many items there are on all of them.
import { TransientError } from '../../model/errors.ts'
import type { HttpAnswer } from '../http/http-client.ts'

export type Query = Readonly<Record<string, string>>

export interface PagedList<Item> {
  /** How messages call it. */
  readonly what: string
  readonly ask: (query: Query) => Promise<HttpAnswer>
  readonly parse: (answer: HttpAnswer) => readonly Item[]
  /** What tells an item from all others. */
  readonly textOf: (item: Item) => string
}

/** Every item of every page; rejects where it may not be every one. */
export async function readPages<Item>(list: PagedList<Item>, first: Query = {}): Promise<readonly Item[]> {
  const items = new Map<string, Item>()
  let total: number | undefined
  for (let query: Query | undefined = first; query !== undefined;) {
    const answer = await list.ask(query)
    const page = list.parse(answer)
    for (const item of page) {
      const text = list.textOf(item)
      if (items.has(text)) throw changedMeanwhile(list.what)
      items.set(text, item)
    }
    // Nothing can move on a single page, whatever is counted.
    if (query !== first) total = totalOf(answer)
    query = page.length === 0 ? undefined : nextOf(answer)
  }
  if (total !== undefined && total !== items.size) throw changedMeanwhile(list.what)
  return [...items.values()]
}

/** What comes, goes or moves between two pages shifts the rest: an item shows up twice then, and another may not at all. */
function changedMeanwhile(what: string): TransientError {
  return new TransientError('ProviderUnavailable', `${what} changed while it was read; reading it again`)
}

/** Only the query of the link is followed: our token goes nowhere else. */
function nextOf({ headers }: HttpAnswer): Query | undefined {
  const [, target] = /<([^>]*)>\s*;[^,<]*\brel="?next\b/i.exec([headers['link'] ?? []].flat().join()) ?? []
  return target === undefined ? undefined : Object.fromEntries(new URL(target, 'https://localhost').searchParams)
}

function totalOf({ headers }: HttpAnswer): number | undefined {
  const text = headers['total-count']
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined
}
