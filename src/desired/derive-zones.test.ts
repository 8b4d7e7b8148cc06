import { describe, expect, it } from 'vitest'
import { A, CDN, check } from '../../test/support/derive-cases.ts'
import {
  derive,
  follow,
  known,
  MAIN,
  members,
  provider,
  readZone,
  zone,
  type Situation,
} from '../../test/support/record-builders.ts'
import { describeMove } from './place-name.ts'

describe('zones', () => {
  const contributions = [known('edge', members('n1 192.0.2.1'))]
  const SHOP = zone('web/shop shop.example.com')
  const both = [provider(), provider({ ref: 'web/shop', zones: [SHOP.zone] })]
  const { hash } = describeMove(MAIN, SHOP)

  check([
    [
      'a name without a zone is refused, and what is published of it stays',
      {
        spec: { hostnames: ['shop.example.com', 'shop.example.net'] },
        contributions,
        published: ['A shop.example.net = 192.0.2.5'],
      },
      [`update ${A} = 192.0.2.1`, 'hold A shop.example.net (NoProviderForZone)', 'NoProviderForZone shop.example.net'],
    ],
    ['a zone that has not been read changes nothing', { contributions, zones: [] }, []],
    [
      'a move waits for approval, and the name goes on where it is',
      { contributions, providers: both, zones: [readZone([`${A} = 192.0.2.5`]), readZone([], SHOP)] },
      [`update ${A} = 192.0.2.1`, 'MoveHeld shop.example.com'],
    ],
    [
      'a move creates before it deletes',
      {
        contributions,
        providers: both,
        zones: [readZone([`${A} = 192.0.2.5`]), readZone([], SHOP)],
        approvedMoves: [hash],
      },
      [`hold ${A} (Progressing)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'a move deletes what was left behind',
      { contributions, providers: both, zones: [readZone([`${A} = 192.0.2.5`]), readZone([`${A} = 192.0.2.1`], SHOP)] },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'what was published elsewhere counts as published for the floor',
      {
        contributions: [known('edge', members('n1 192.0.2.1 notReady'))],
        providers: both,
        zones: [readZone([`${A} = 192.0.2.1`]), readZone([`${A} = 192.0.2.7`], SHOP)],
      },
      [`clear ${A} (DeleteUnlessAdopted)`, `update ${A} at web/shop = 192.0.2.1`],
    ],
    [
      'a name whose provider cannot be listed is held, others are not',
      {
        spec: { hostnames: ['shop.example.com', 'shop.example.net'], providerRef: { name: 'main' } },
        contributions,
        providers: [provider({ zones: undefined })],
        published: [`${A} = 192.0.2.5`],
      },
      [`hold ${A} (ProviderUnavailable)`],
    ],
    [
      'a reference may name another namespace',
      {
        spec: { providerRef: { name: 'main', namespace: 'dns' } },
        contributions,
        providers: both,
        published: [`${A} = 192.0.2.5`],
      },
      [`hold ${A} (ProviderNotFound)`, 'ProviderNotFound shop.example.com'],
    ],
    [
      'a name waits for a zone in use that has not been read',
      {
        contributions,
        providers: both,
        zones: [readZone([], SHOP)],
        memory: { zones: [MAIN] },
      },
      [],
    ],
    [
      'a zone in use that is gone asks for approval',
      {
        contributions,
        providers: [provider({ ref: 'web/shop', zones: [SHOP.zone] })],
        zones: [readZone([], SHOP)],
        memory: { zones: [MAIN] },
      },
      ['MoveHeld shop.example.com'],
    ],
    [
      'a zone in use that has not been read does not matter for what is known to be elsewhere',
      {
        contributions,
        providers: both,
        zones: [readZone([`${A} = 192.0.2.1`], SHOP)],
        memory: { zones: [MAIN] },
      },
      [`update ${A} at web/shop = 192.0.2.1`],
    ],
  ])

  const zonesOf = (situation: Situation): readonly string[] =>
    derive({ contributions, providers: both, ...situation }).zones.map((ref) => `${ref.provider} ${ref.zone}`)

  it('are pinned where a name lives, is meant to live, or may still be', () => {
    const none = { zones: [] }
    expect(zonesOf(none)).toEqual(['web/shop shop.example.com'])
    expect(zonesOf({ zones: [readZone(['A x.example.com = 192.0.2.5']), readZone([], SHOP)] })).toEqual([
      'web/main example.com',
      'web/shop shop.example.com',
    ])
    expect(zonesOf({ zones: [readZone([]), readZone([], SHOP)], memory: { zones: [MAIN] } })).toEqual([
      'web/shop shop.example.com',
    ])
    expect(zonesOf({ ...none, memory: { zones: [MAIN] } })).toEqual(['web/main example.com'])
    const lost = zone('web/lost example.com')
    expect(zonesOf({ zones: [readZone([], SHOP)], memory: { zones: [lost] } })).toEqual(['web/lost example.com'])
    const elsewhere = zone('web/lost example.net')
    expect(zonesOf({ zones: [readZone([], SHOP)], memory: { zones: [elsewhere] } })).toEqual([
      'web/shop shop.example.com',
    ])
  })

  it('that nothing can be said of yet are waited for by name', () => {
    expect(derive({ contributions, zones: [] }).waiting).toEqual([
      {
        name: 'shop.example.com',
        reason: 'ProviderUnavailable',
        message: 'zone example.com of DNSProvider web/main has not been read yet',
      },
    ])
    const spec = { hostnames: ['b.example.com', 'a.example.com'] }
    expect(derive({ spec, contributions, zones: [] }).waiting.map(({ name }) => name)).toEqual([
      'a.example.com',
      'b.example.com',
    ])
  })

  it('report a move with all of its names and what approves it', () => {
    const situation: Situation = {
      spec: { hostnames: ['b.shop.example.com', 'a.shop.example.com'] },
      contributions,
      providers: both,
      zones: [readZone(['A a.shop.example.com = 192.0.2.1', 'A b.shop.example.com = 192.0.2.1']), readZone([], SHOP)],
    }
    const names = ['a.shop.example.com', 'b.shop.example.com']
    const held = derive(situation)
    expect(held.moves).toEqual([{ kind: 'held', from: MAIN, to: SHOP, hash, names }])
    expect(held.refusals[0]?.message).toBe(
      'a.shop.example.com stays in zone example.com of DNSProvider web/main, although it now belongs into zone ' +
        `shop.example.com of web/shop: to move it, annotate DNSProvider web/shop with dns.stoa.dev/approve: ${hash}`,
    )
    expect(derive({ ...situation, approvedMoves: [hash] }).moves).toMatchObject([{ kind: 'approved', names }])
  })

  it('report several moves in a fixed order', () => {
    const other = zone('web/other other.example.com')
    const { moves } = derive({
      spec: { hostnames: ['shop.example.com', 'other.example.com'] },
      contributions,
      providers: [...both, provider({ ref: 'web/other', zones: [other.zone] })],
      zones: [readZone([`${A} = 192.0.2.1`, 'A other.example.com = 192.0.2.1'])],
    })
    expect(moves.map((move) => move.hash)).toEqual([hash, describeMove(MAIN, other).hash].sort())
  })
})

describe('what a provider can do', () => {
  const contributions = [known('edge', members('n1 192.0.2.1'))]
  const cloudflare = { providerOptions: { cloudflare: { proxied: true } } }
  check([
    [
      'a wildcard is refused where there are none',
      { spec: { hostnames: ['*.example.com'] }, contributions, able: { wildcards: false } },
      ['WildcardUnsupported *.example.com'],
    ],
    [
      'a wildcard is a name like any other elsewhere',
      { spec: { hostnames: ['*.example.com'] }, contributions },
      ['update A *.example.com = 192.0.2.1'],
    ],
    [
      'options of another type are refused',
      { spec: cloudflare, contributions, providers: [provider({ type: 'Gandi' })], published: [`${A} = 192.0.2.5`] },
      [`hold ${A} (ProviderOptionsMismatch)`, 'ProviderOptionsMismatch shop.example.com'],
    ],
  ])

  it('options of its own type are handed on', () => {
    expect(derive({ spec: cloudflare, contributions }).intents).toMatchObject([{ options: { proxied: true } }])
    const empty = { providerOptions: { cloudflare: {} } }
    expect(derive({ spec: empty, contributions }).intents).toMatchObject([{ options: undefined }])
    expect(derive({ contributions }).intents).toMatchObject([{ options: undefined }])
  })

  it.each([
    [30, 60, 'DNSProvider web/main does not take a TTL of 30; it is 60'],
    [7200, 3600, 'DNSProvider web/main does not take a TTL of 7200; it is 3600'],
    [300, 300, undefined],
  ])('a TTL of %i becomes %i', (ttlSeconds, ttl, message) => {
    const { intents, notes } = derive({ spec: { ttlSeconds }, contributions, able: { minTtl: 60, maxTtl: 3600 } })
    expect(intents).toMatchObject([{ ttl }])
    expect(notes.map((note) => note.message)).toEqual(message === undefined ? [] : [message])
  })

  const many = [known('edge', members(...Array.from({ length: 50 }, (_, n) => `n${n} 192.0.2.${n}`)))]
  it.each([
    ['the record', { maxAddresses: 3 }, {}, 3],
    ['the provider', {}, { maxValues: 4 }, 4],
  ])('a set is cut to what %s allows', (_who, spec, able, most) => {
    const { intents, cuts, notes } = derive({ spec, contributions: many, able })
    const [intent] = intents
    expect(intent?.kind === 'update' && intent.values).toHaveLength(most)
    expect(cuts).toMatchObject([{ published: most, available: 50 }])
    expect(notes.map(({ message }) => message)).toEqual([`${A} has ${most} of 50 addresses`])
  })

  it('notes and cuts come in the order of their keys', () => {
    const spec = { hostnames: ['b.example.com', 'a.example.com'], maxAddresses: 3 }
    const { cuts, notes } = derive({ spec, contributions: many })
    expect(cuts.map(({ key }) => key.name)).toEqual(['a.example.com', 'b.example.com'])
    expect(notes.map(({ key }) => key.name)).toEqual(['a.example.com', 'b.example.com'])
  })
})

describe('what plan modes ask about', () => {
  const spec = { hostnames: ['{member}.example.com', 'n1.example.com'], addressFamilies: ['IPv4'] } as const

  it('names the source and the values of every target', () => {
    const { footing } = derive({ spec: { targets: [CDN] }, contributions: [known('cdn', follow('cdn.example.net'))] })
    expect([...footing.targets]).toEqual([
      ['cdn', { source: 'hostname/cdn.example.net', values: new Set(['cdn.example.net']) }],
    ])
  })

  it('names the entry that a record set comes from, the first of several', () => {
    const { footing } = derive({ spec, contributions: [known('edge', members('n1 192.0.2.1', 'n2 192.0.2.2'))] })
    expect(Object.fromEntries(footing.origins)).toEqual({
      'n1.example.com A': 'n1.example.com A ',
      'n2.example.com A': '{member}.example.com A ',
    })
  })

  it('knows every origin that the spec can have, published or not', () => {
    const { footing } = derive({ spec, contributions: [known('edge', members())] })
    for (const origin of ['n1.example.com A ', 'n1.example.com CNAME ', '{member}.example.com A edge']) {
      expect(footing.knownOrigins.has(origin)).toBe(true)
    }
    expect(footing.knownOrigins.has('n1.example.com AAAA ')).toBe(false)
  })

  it('takes an ALIAS and a CNAME for the same', () => {
    const contributions = [known('cdn', follow('cdn.example.net'))]
    const { footing } = derive({ spec: { targets: [CDN], hostnames: ['example.com'] }, contributions })
    expect([...footing.origins]).toEqual([['example.com ALIAS', 'example.com CNAME ']])
  })
})
