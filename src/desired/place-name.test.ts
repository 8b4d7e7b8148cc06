import { describe, expect, it } from 'vitest'
import { provider, zone } from '../../test/support/record-builders.ts'
import type { Fqdn } from '../model/name.ts'
import { describeMove, placeName, type PlaceWish } from './place-name.ts'
import { indexProviders, type ProviderFacts } from './provider-index.ts'

const NAME = 'a.shop.example.com' as Fqdn
const MAIN = zone('web/main example.com')
const SHOP = zone('web/shop shop.example.com')

const main = provider({ zones: [MAIN.zone] })
const shop = provider({ ref: 'web/shop', zones: [SHOP.zone] })

interface Case {
  readonly providers: readonly ProviderFacts[]
  readonly published?: readonly string[]
  readonly wish?: Partial<PlaceWish>
}

function place({ providers, published = [], wish }: Case): string {
  const placement = placeName(NAME, published.map(zone), {
    tenant: { namespace: 'web', labels: undefined },
    providerRef: undefined,
    pinned: published.map(zone),
    providers: indexProviders(providers),
    approvedMoves: [],
    ...wish,
  })
  const { move } = placement
  const where = placement.kind === 'placed' ? placement.zone.provider : `${placement.kind} ${placement.reason}`
  return move === undefined ? where : `${where}, ${move.kind} move to ${move.of.to.provider}`
}

const approved = { approvedMoves: [describeMove(MAIN, SHOP).hash] }
const selected: Partial<ProviderFacts> = {
  allowedRecords: [{ namespaces: { from: 'Selector', matchLabels: { team: 'web' } } }],
}

describe('a name', () => {
  it.each<[string, Case, string]>([
    ['goes where the spec leads', { providers: [main] }, 'web/main'],
    ['is refused where the spec leads nowhere', { providers: [] }, 'refused NoProviderForZone'],
    ['stays where it is', { providers: [main], published: ['web/main example.com'] }, 'web/main'],
    [
      'stays when a longer zone turns up, until the move is approved',
      { providers: [main, shop], published: ['web/main example.com'] },
      'web/main, held move to web/shop',
    ],
    [
      'stays when the spec names another provider, until the move is approved',
      { providers: [main, shop], published: ['web/main example.com'], wish: { providerRef: 'web/shop' } },
      'web/main, held move to web/shop',
    ],
    [
      'moves once that is approved',
      { providers: [main, shop], published: ['web/main example.com'], wish: approved },
      'web/shop, approved move to web/shop',
    ],
    [
      'needs no more approval once it is there too',
      { providers: [main, shop], published: ['web/main example.com', 'web/shop shop.example.com'] },
      'web/shop',
    ],
    [
      'stays in the longest of several zones',
      {
        providers: [main, shop, provider({ ref: 'web/new', zones: [NAME] })],
        published: ['web/main example.com', 'web/shop shop.example.com'],
      },
      'web/shop, held move to web/new',
    ],
    [
      'is refused where it is, when the spec leads nowhere',
      { providers: [main], published: ['web/main example.com'], wish: { providerRef: 'web/none' } },
      'refused ProviderNotFound',
    ],
    [
      'goes on where it is while others cannot be listed',
      {
        providers: [main, provider({ ref: 'web/other', zones: undefined })],
        published: ['web/main example.com'],
      },
      'web/main',
    ],
    [
      'is held where it is while its own provider cannot be listed',
      { providers: [provider({ zones: undefined })], published: ['web/main example.com'] },
      'held ProviderUnavailable',
    ],
    [
      'is held where its provider is gone, and may be moved',
      { providers: [shop], published: ['web/main example.com'] },
      'held ProviderNotFound, held move to web/shop',
    ],
    [
      'leaves a provider that is gone once that is approved',
      { providers: [shop], published: ['web/main example.com'], wish: approved },
      'web/shop, approved move to web/shop',
    ],
    [
      'is held where its provider lost the zone',
      { providers: [provider({ zones: [] }), shop], published: ['web/main example.com'] },
      'held ProviderNotFound, held move to web/shop',
    ],
    [
      'is refused where it is no longer allowed, though another zone waits for it',
      { providers: [provider({ allowedRecords: [] }), shop], published: ['web/main example.com'] },
      'refused HostnameNotAllowed, held move to web/shop',
    ],
    [
      'is held where it is not known whether it is still allowed',
      { providers: [provider(selected), shop], published: ['web/main example.com'] },
      'held NamespaceUnknown, held move to web/shop',
    ],
  ])('%s', (_sentence, given, expected) => {
    expect(place(given)).toBe(expected)
  })

  it('says of a lost provider that nothing changes there', () => {
    const placement = placeName(NAME, [MAIN], {
      tenant: { namespace: 'web', labels: {} },
      providerRef: undefined,
      pinned: [],
      providers: indexProviders([shop]),
      approvedMoves: [],
    })
    expect(placement).toMatchObject({
      message: 'published in zone example.com of DNSProvider web/main, which is gone: it stays as it is there',
    })
  })
})
