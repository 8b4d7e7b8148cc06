// The text of an ownership TXT record, in external-dns's format, so that either program can read and take over what the other wrote.
import type { Owner, OwnerId } from '../../model/record-set.ts'

const HERITAGE = 'heritage=external-dns'
const PREFIX = 'external-dns/'

/** Labels under `external-dns/`, without that prefix. Those we do not know are kept. */
export type Labels = Readonly<Record<string, string>>

export function parseLabels(text: string): Labels | undefined {
  const parts = text.replace(/^"+|"+$/g, '').split(',')
  if (!parts.includes(HERITAGE)) return undefined
  const labels: Record<string, string> = Object.create(null) as Record<string, string>
  for (const part of parts) {
    const cut = part.indexOf('=')
    if (cut > 0 && part.startsWith(PREFIX)) labels[part.slice(PREFIX.length, cut)] = part.slice(cut + 1)
  }
  return labels
}

export function formatLabels(labels: Labels): string {
  const sorted = Object.keys(labels).sort()
  return [HERITAGE, ...sorted.map((key) => `${PREFIX}${key}=${labels[key] ?? ''}`)].join(',')
}

export function ownerFromLabels(labels: Labels): Owner | undefined {
  const id = labels['owner']
  if (id === undefined || id === '') return undefined
  return {
    id: id as OwnerId,
    uid: labels['stoa-uid'],
    resource: labels['resource'] ?? 'unknown',
    adopted: labels['stoa-adopted'] === 'true',
  }
}

export function labelsFromOwner(owner: Owner): Labels {
  return {
    owner: owner.id,
    resource: owner.resource,
    ...(owner.uid === undefined ? {} : { 'stoa-uid': owner.uid }),
    ...(owner.adopted ? { 'stoa-adopted': 'true' } : {}),
  }
}
