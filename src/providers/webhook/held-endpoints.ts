// What was read through a webhook, and how it compares with what was asked of it. Pure.
import type { Fqdn } from '../../model/name.ts'
import { compareText, keyText } from '../../model/record-set.ts'
import { setFromEndpoint, type Endpoint } from '../external-dns/endpoint.ts'
import { parseLabels } from '../ownership/txt-labels.ts'
import type { RawChange, RawSet, RawUnit } from '../raw-zone.ts'
import type { WebhookChanges } from './webhook-api.ts'

/** By the text of their keys. */
export type Endpoints = ReadonlyMap<string, Endpoint>
export type HeldSets = ReadonlyMap<string, Held>

interface Held {
  readonly set: RawSet
  /** As it was read: what is replaced or deleted is named by repeating it. */
  readonly endpoint: Endpoint
}

export function holdEndpoints(endpoints: readonly Endpoint[], isInZone: (name: Fqdn) => boolean): HeldSets {
  const held = new Map<string, Held>()
  for (const endpoint of endpoints) {
    const set = setFromEndpoint(endpoint)
    if (set === undefined || !isInZone(set.key.name)) continue
    const text = keyText(set.key)
    const other = held.get(text)
    held.set(text, other === undefined ? { set, endpoint } : joinHeld(other, { set, endpoint }))
  }
  return held
}

/** Marks come before what they mark and go after it, for those who stop half-way. */
export function deriveRequest(changes: readonly RawChange[], adjusted: Endpoints, held: HeldSets): WebhookChanges {
  const request = { create: [], updateOld: [], updateNew: [], delete: [] } as Record<keyof WebhookChanges, Endpoint[]>
  for (const { key } of changes.toSorted(textFirst)) {
    const text = keyText(key)
    const present = held.get(text)?.endpoint
    const wanted = adjusted.get(text)
    if (wanted === undefined) {
      if (present !== undefined) request.delete.unshift(present)
    } else if (present === undefined) request.create.push(wanted)
    else {
      request.updateOld.push(present)
      request.updateNew.push(wanted)
    }
  }
  return request
}

function textFirst(a: RawChange, b: RawChange): number {
  return Number(a.key.type !== 'TXT') - Number(b.key.type !== 'TXT')
}

/**
 * Marks that came through although what they mark did not. One that was missing at a set of ours has come to where it belongs, and what
 * somebody else put there is theirs.
 */
export function findStrayMarks(unit: RawUnit, before: HeldSets, now: HeldSets): readonly string[] {
  const arrived = unit.filter(({ key }) => !before.has(keyText(key)) && now.has(keyText(key)))
  const isStray =
    arrived.length < unit.length &&
    arrived.every((change) => isMark(change) && change.previous === undefined && isThere(change, now))
  return isStray ? arrived.map(({ key }) => keyText(key)) : []
}

/** What went at names where something was to come that did not, marks first. What somebody put there meanwhile gets no mark of ours. */
export function findLostRoom(units: readonly RawUnit[], before: HeldSets, now: HeldSets): HeldSets {
  const refused = units.filter(
    (unit) => unit.some(({ next }) => next !== undefined) && isUntouched(unit, before, now) && !isDone(unit, now),
  )
  const names = new Set(refused.map(([own]) => own?.key.name))
  const gone = units
    .filter(([own]) => own?.next === undefined && names.has(own?.key.name) && !isTaken(own, before, now))
    .flat()
    .toSorted(textFirst)
  return new Map(
    gone.flatMap(({ key }): [string, Held][] => {
      const text = keyText(key)
      const held = before.get(text)
      return held === undefined || now.has(text) ? [] : [[text, held]]
    }),
  )
}

function isDone(unit: RawUnit, now: HeldSets): boolean {
  return unit.every((change) => isThere(change, now))
}

function isThere({ key, next }: RawChange, now: HeldSets): boolean {
  return isAsWanted(next, now.get(keyText(key))?.set)
}

/** Something else has come in place of what was to go. */
function isTaken(own: RawChange | undefined, before: HeldSets, now: HeldSets): boolean {
  const text = own === undefined ? '' : keyText(own.key)
  return now.has(text) && !sameHeld(before.get(text)?.set, now.get(text)?.set)
}

/** Where something else was read last than the change was planned on: but for marks of ours that are there, or missing, unexpectedly. */
export function findMoved(changes: readonly RawChange[], held: HeldSets): RawChange | undefined {
  return changes.find((change) => {
    const { key, previous } = change
    const present = held.get(keyText(key))?.set
    const isMissing = previous?.note !== undefined && present === undefined
    return !isMissing && !isAsWanted(previous, present) && !(isMark(change) && isThere(change, held))
  })
}

/** A mark by itself changes nothing. */
export function isUntouched(unit: RawUnit, before: HeldSets, now: HeldSets): boolean {
  return unit.every((change) => {
    const text = keyText(change.key)
    return sameHeld(before.get(text)?.set, now.get(text)?.set) || (isMark(change) && !before.has(text))
  })
}

/** Some give each value of a set an endpoint of its own. */
function joinHeld(a: Held, b: Held): Held {
  const values = [...new Set([...a.set.values, ...b.set.values])].sort(compareText)
  const targets = [...(a.endpoint.targets ?? []), ...(b.endpoint.targets ?? [])]
  return { set: { ...a.set, values }, endpoint: { ...a.endpoint, targets } }
}

export function isAsWanted(next: RawSet | undefined, stored: RawSet | undefined): boolean {
  return next === undefined || stored === undefined ? next === stored : sameValues(next, stored)
}

function sameHeld(a: RawSet | undefined, b: RawSet | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.ttl === b.ttl && sameValues(a, b)
}

/** Quoting of TXT is left to each provider, and is no difference. */
function sameValues(a: RawSet, b: RawSet): boolean {
  return valuesText(a) === valuesText(b)
}

function valuesText({ key, values }: RawSet): string {
  const bare = key.type === 'TXT' ? values.map((value) => value.replace(/["\\]/g, '')) : values
  return JSON.stringify(bare)
}

function isMark({ key, next }: RawChange): boolean {
  return key.type === 'TXT' && parseLabels(next?.values[0] ?? '') !== undefined
}
