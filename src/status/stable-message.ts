// Messages from elsewhere, made fit for a status: without what differs from one attempt to the next, for each such difference would
// be a status write and, through the watch on it, another reconcile.
import { printable } from '../model/text.ts'

/** As a condition takes it. */
export const LONGEST_MESSAGE = 1024

const TIME = String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::[\d.]+)?(?:Z|[+-]\d\d:?\d\d)?`
const ID_NAME = String.raw`(?:(?:x-)?(?:amzn?-|ms-|goog-)?(?:client-)?(?:request|correlation|trace|activity|transaction|operation)[-_ ]?id|cf-ray|ray[-_ ]id)`
const LABELLED_ID = new RegExp(String.raw`["']?\b${ID_NAME}["']?\s*[:=]\s*["']?[\w+/=.-]+["']?`, 'gi')
const LABELLED_TIME = new RegExp(
  String.raw`(?:["']?\b(?:timestamp|date|time)["']?\s*[:=]\s*["']?)?\b${TIME}["']?`,
  'gi',
)

/** The text without request ids and times, on one line, no longer than a condition takes. */
export function stableMessage(text: string): string {
  const stripped = text
    .slice(0, 4 * LONGEST_MESSAGE)
    .replace(LABELLED_ID, '')
    .replace(LABELLED_TIME, '')
  const tidy = stripped
    .replace(/\s+/g, ' ')
    .replace(/[\s,;]+(?=[)\]}]|$)|(?<=[([{])[\s,;]+/g, '')
    .replace(/(?:\s*,){2,}/g, ',')
    .replace(/\s*(?:\(\s*\)|\[\s*\]|\{\s*\})/g, '')
    .trim()
  return trimAtWord(printable(tidy), LONGEST_MESSAGE)
}

/** Cut at a word where there is one near the end. Half a surrogate pair would be stored as another character, and differ for ever. */
export function trimAtWord(text: string, longest: number): string {
  if (text.length <= longest) return text
  const cut = text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')
  const space = cut.lastIndexOf(' ')
  return `${space > longest / 2 ? cut.slice(0, space) : cut}…`
}
