import { describe, expect, it } from 'vitest'
import type { Fqdn } from '../../model/name.ts'
import type { Owner, OwnerId, RecordType } from '../../model/record-set.ts'
import { formatNativeMarker, parseNativeMarker } from './native-marker.ts'
import { formatLabels, labelsFromOwner, ownerFromLabels, parseLabels } from './txt-labels.ts'
import { PLAIN_NAMING, txtNameOf, txtNamesToRead, type TxtNaming } from './txt-names.ts'

const owner: Owner = {
  id: '0c1f3f55-6a0f-4d0f-9f3e-8d5f6c2b1a00' as OwnerId,
  uid: '7b7b4c5e-1d2a-4c51-8f6e-2f1f9f6f1c11',
  resource: 'dynamicdnsrecord/web/shop',
  adopted: true,
}

describe('a marker in a comment', () => {
  it('fits into a hundred characters and reads back', () => {
    const text = formatNativeMarker(owner)
    expect(text.length).toBeLessThanOrEqual(100)
    expect(parseNativeMarker(text)).toEqual({ ...owner, resource: `uid ${owner.uid}` })
  })

  it.each(['', 'do not touch', 'stoa', 'stoa owner=', 'see stoa owner=a uid=b', 'stoa owner=a uid=b adopted later'])(
    'is not seen in %j',
    (text) => {
      expect(parseNativeMarker(text)).toBeUndefined()
    },
  )

  it('names the resource where there is room', () => {
    const short = { ...owner, id: 'home' as OwnerId }
    expect(parseNativeMarker(formatNativeMarker(owner, 400))).toEqual(owner)
    expect(parseNativeMarker(formatNativeMarker(short))).toEqual(short)
    expect(parseNativeMarker(formatNativeMarker({ ...short, adopted: false }))?.resource).toBe(
      'dynamicdnsrecord/web/shop',
    )
  })

  it('gives an owner id that is too long by its hash, by which we know our own', () => {
    const long = { ...owner, id: 'x'.repeat(63) as OwnerId }
    const text = formatNativeMarker(long)
    expect(text).toMatch(/^stoa owner=[0-9a-f]{16} uid=7b7b4c5e-\S+ adopted$/)
    expect(parseNativeMarker(text, long.id)?.id).toBe(long.id)
    expect(parseNativeMarker(text, owner.id)?.id).not.toBe(owner.id)
    expect(parseNativeMarker(formatNativeMarker(long, 400))?.id).toBe(long.id)
  })
})

describe('a marker in a TXT record', () => {
  it('is written as external-dns writes it, with our own labels beside', () => {
    expect(formatLabels(labelsFromOwner(owner))).toBe(
      'heritage=external-dns,external-dns/owner=0c1f3f55-6a0f-4d0f-9f3e-8d5f6c2b1a00,' +
        'external-dns/resource=dynamicdnsrecord/web/shop,external-dns/stoa-adopted=true,' +
        'external-dns/stoa-uid=7b7b4c5e-1d2a-4c51-8f6e-2f1f9f6f1c11',
    )
  })

  it('reads back, quoted or not', () => {
    const text = formatLabels(labelsFromOwner(owner))
    for (const stored of [text, `"${text}"`]) expect(ownerFromLabels(parseLabels(stored) ?? {})).toEqual(owner)
  })

  it('reads what external-dns wrote', () => {
    const labels = parseLabels('"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/a/b"')
    expect(ownerFromLabels(labels ?? {})).toEqual({
      id: 'default',
      uid: undefined,
      resource: 'ingress/a/b',
      adopted: false,
    })
  })

  it.each(['v=spf1 -all', 'heritage=other,external-dns/owner=a', '', '"heritage=external-dnsx"'])(
    'is not seen in %j',
    (text) => {
      expect(parseLabels(text)).toBeUndefined()
    },
  )

  it('is no claim without an owner', () => {
    expect(ownerFromLabels(parseLabels('heritage=external-dns') ?? {})).toBeUndefined()
  })

  it('is not led astray by labels named like parts of an object', () => {
    const labels = parseLabels('heritage=external-dns,external-dns/__proto__=x,external-dns/owner=a')
    expect(ownerFromLabels(labels ?? {})?.id).toBe('a')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

describe('the name of a TXT marker', () => {
  const zone = 'example.com' as Fqdn
  const naming = (part: Partial<TxtNaming>): TxtNaming => ({ ...PLAIN_NAMING, ...part })
  const cases: readonly (readonly [string, RecordType, TxtNaming, string])[] = [
    ['www.example.com', 'A', PLAIN_NAMING, 'a-www.example.com'],
    ['www.example.com', 'AAAA', PLAIN_NAMING, 'aaaa-www.example.com'],
    ['www.example.com', 'CNAME', PLAIN_NAMING, 'cname-www.example.com'],
    ['www.example.com', 'ALIAS', PLAIN_NAMING, 'a-www.example.com'],
    ['www.example.com', 'A', naming({ prefix: 'Owner.' }), 'owner.a-www.example.com'],
    ['www.example.com', 'A', naming({ prefix: '%{record_type}-abc-.' }), 'a-abc-.www.example.com'],
    ['www.example.com', 'A', naming({ suffix: '-txt' }), 'a-www-txt.example.com'],
    ['www.example.com', 'A', naming({ suffix: '-%{record_type}' }), 'www-a.example.com'],
    ['*.example.com', 'A', naming({ wildcardReplacement: 'any' }), 'a-any.example.com'],
  ]
  it.each(cases)('for %s %s is as external-dns would name it', (name, type, rules, expected) => {
    expect(txtNameOf(name as Fqdn, type, zone, rules)).toBe(expected)
  })

  it('stays inside the zone at the apex', () => {
    expect(txtNameOf(zone, 'A', zone, PLAIN_NAMING)).toBe('a-_stoa-apex.example.com')
    expect(txtNameOf(zone, 'A', zone, naming({ prefix: 'owner.' }))).toBe('owner.a-_stoa-apex.example.com')
    expect(txtNameOf(zone, 'A', zone, naming({ prefix: '%{record_type}.' }))).toBe('a.example.com')
  })

  it('stands for a wildcard without an asterisk, and is found with one too', () => {
    const name = '*.example.com' as Fqdn
    expect(txtNameOf(name, 'AAAA', zone, PLAIN_NAMING)).toBe('aaaa-_wildcard.example.com')
    expect(txtNamesToRead(name, 'AAAA', zone, PLAIN_NAMING)).toEqual([
      'aaaa-_wildcard.example.com',
      'aaaa-*.example.com',
    ])
  })

  it('for a host called like a wildcard’s marker is its own, and is found where others write it', () => {
    const name = '_wildcard.example.com' as Fqdn
    expect(txtNameOf(name, 'A', zone, PLAIN_NAMING)).toBe('a-_stoa-literal._wildcard.example.com')
    expect(txtNamesToRead(name, 'AAAA', zone, PLAIN_NAMING)).toEqual([
      'aaaa-_stoa-literal._wildcard.example.com',
      'aaaa-_wildcard.example.com',
    ])
    expect(txtNameOf(name, 'A', zone, naming({ wildcardReplacement: 'any' }))).toBe('a-_wildcard.example.com')
    expect(txtNameOf('any.example.com' as Fqdn, 'A', zone, naming({ wildcardReplacement: 'Any' }))).toBe(
      'a-_stoa-literal.any.example.com',
    )
  })

  it('is also looked for where older versions wrote it', () => {
    expect(txtNamesToRead('www.example.com' as Fqdn, 'A', zone, PLAIN_NAMING)).toEqual([
      'a-www.example.com',
      'www.example.com',
      'cname-www.example.com',
    ])
    expect(txtNamesToRead('www.example.com' as Fqdn, 'AAAA', zone, PLAIN_NAMING)).toEqual(['aaaa-www.example.com'])
  })
})
