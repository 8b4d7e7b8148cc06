// A change in one sentence, safe to print anywhere.
import { describeKey, type ProviderOptions, type Routing, type StoredSet } from '../model/record-set.ts'
import { listSome, printable } from '../model/text.ts'
import { sameSettings } from './compare-sets.ts'
import type { Change, UpdateChange } from './plan.ts'

const MOST_VALUES = 10

/** `update A shop.example.com: adds 203.0.113.7; TTL 300 → 60`. */
export function describeChange(change: Change): string {
  return `${change.kind} ${describeKey(change.key)}: ${describeEffect(change)}`
}

/** The part of the sentence that comes after the key. */
export function describeEffect(change: Change): string {
  switch (change.kind) {
    case 'create':
      return describeSet(change.next)
    case 'update':
      return describeUpdate(change).join('; ') || 'is marked anew'
    case 'delete':
      return `was ${describeSet(change.previous)}`
    case 'release':
      return `${listValues(valuesOf(change.next))} stays, but is no longer managed`
  }
}

function describeUpdate(change: UpdateChange): readonly string[] {
  const { previous, next } = change
  const before = new Set(valuesOf(previous))
  const after = new Set(valuesOf(next))
  const added = [...after].filter((value) => !before.has(value))
  const removed = [...before].filter((value) => !after.has(value))
  return [
    ...(added.length > 0 ? [`adds ${listValues(added)}`] : []),
    ...(removed.length > 0 ? [`removes ${listValues(removed)}`] : []),
    ...(previous.ttl === next.ttl ? [] : [`TTL ${previous.ttl} → ${next.ttl}`]),
    ...(sameSettings({ ...previous, ttl: next.ttl }, next) ? [] : [describeSettings(previous, next)]),
    ...describeTakeover(change),
  ]
}

function describeSettings(previous: StoredSet, next: StoredSet): string {
  const text = ({ routing, options }: StoredSet): string => settingTexts(routing, options).join(', ') || 'no settings'
  return `${text(previous)} → ${text(next)}`
}

/** Whose values became ours. */
function describeTakeover({ previous, next, resource }: UpdateChange): readonly string[] {
  const kept = new Map(next.values.map(({ value, owner }) => [value, owner?.uid]))
  const taken = previous.values.filter(({ value, owner }) => {
    const stays = kept.has(value) && kept.get(value) === owner?.uid
    return owner?.uid !== resource.uid && !stays
  })
  const texts = taken.map(({ owner }) => {
    return owner === undefined ? 'adopts what had no owner' : `takes over from ${printable(owner.resource)}`
  })
  return [...new Set(texts)]
}

function describeSet(set: StoredSet): string {
  const settings = [`TTL ${set.ttl}`, ...settingTexts(set.routing, set.options)]
  return `${listValues(valuesOf(set))} (${settings.join(', ')})`
}

function settingTexts(routing: Routing | undefined, options: ProviderOptions | undefined): readonly string[] {
  const texts = Object.entries(options ?? {}).map(([name, value]) => printable(`${name} ${value}`))
  return routing === undefined ? texts.sort() : [describeRouting(routing), ...texts.sort()]
}

function describeRouting(routing: Routing): string {
  switch (routing.policy) {
    case 'Weighted':
      return `weight ${routing.weight}`
    case 'Latency':
      return `region ${printable(routing.region)}`
    case 'Geo':
      return routing.location.kind === 'default'
        ? 'everywhere else'
        : `${routing.location.kind} ${printable(routing.location.code)}`
  }
}

function valuesOf({ values }: StoredSet): readonly string[] {
  return values.map(({ value }) => value)
}

function listValues(values: readonly string[]): string {
  return listSome(values.map(printable), MOST_VALUES)
}
