import { describe, expect, it } from 'vitest'
import { provider, zone } from '../../test/support/record-builders.ts'
import type { Fqdn } from '../model/name.ts'
import { chooseZone, type ZoneWish } from './choose-zone.ts'
import { indexProviders, type ProviderFacts } from './provider-index.ts'

const NAME = 'a.shop.example.com' as Fqdn

function facts(ref: string, zones: readonly string[] | undefined, rest: Partial<ProviderFacts> = {}): ProviderFacts {
  return provider({ ref, zones: zones as readonly Fqdn[] | undefined, ...rest })
}

function choose(providers: readonly ProviderFacts[], wish: Partial<ZoneWish> = {}, name = NAME): string {
  const choice = chooseZone(name, {
    tenant: { namespace: 'web', labels: { team: 'web' } },
    providerRef: undefined,
    pinned: [],
    providers: indexProviders(providers),
    ...wish,
  })
  return choice.kind === 'chosen'
    ? `${choice.zone.provider} ${choice.zone.zone}`
    : `${choice.kind} ${choice.reason}: ${choice.message}`
}

const all = { allowedRecords: [{ namespaces: { from: 'All' } }] } as const
const unknownTenant = { tenant: { namespace: 'web', labels: undefined } }
const byTeam = (team: string): Partial<ProviderFacts> => ({
  allowedRecords: [{ namespaces: { from: 'Selector', matchLabels: { team } } }],
})

describe('without providerRef', () => {
  it.each<[string, readonly ProviderFacts[], Partial<ZoneWish>, string]>([
    [
      'the longest zone is chosen',
      [facts('web/main', ['example.com', 'shop.example.com', 'example.net'])],
      {},
      'web/main shop.example.com',
    ],
    [
      'the longest zone is chosen among all providers',
      [facts('web/main', ['example.com']), facts('web/shop', ['shop.example.com'])],
      {},
      'web/shop shop.example.com',
    ],
    [
      'a zone that merely ends alike is none',
      [facts('web/main', ['op.example.com'])],
      {},
      'refused NoProviderForZone: no DNSProvider has a zone that contains a.shop.example.com: add the zone or correct the name',
    ],
    [
      'equal claims are refused, naming both',
      [facts('web/b', ['example.com']), facts('web/a', ['example.com'])],
      {},
      'refused AmbiguousProvider: a.shop.example.com could go to web/a or web/b, which claim the same zone: name one of them in spec.providerRef',
    ],
    [
      'of equal claims the one in use decides',
      [facts('web/a', ['example.com']), facts('web/b', ['example.com'])],
      { pinned: [zone('web/b example.com'), zone('web/b example.net')] },
      'web/b example.com',
    ],
    [
      'of equal claims none is chosen when both are in use',
      [facts('web/a', ['example.com']), facts('web/b', ['example.com'])],
      { pinned: [zone('web/a example.com'), zone('web/b example.com')] },
      'refused AmbiguousProvider: a.shop.example.com could go to web/a or web/b, which claim the same zone: name one of them in spec.providerRef',
    ],
    [
      'a zone listed twice is one claim',
      [facts('web/main', ['example.com', 'example.com'])],
      {},
      'web/main example.com',
    ],
    [
      'another namespace’s provider is refused with the remedy',
      [facts('dns/main', ['example.com'])],
      {},
      'refused HostnameNotAllowed: DNSProvider dns/main has zone example.com but does not allow namespace web to have a.shop.example.com: add both to its spec.allowedRecords',
    ],
    [
      'another namespace’s provider is used when it allows',
      [facts('dns/main', ['example.com'], all)],
      {},
      'dns/main example.com',
    ],
    [
      'a provider that does not allow the name blocks nobody, whatever zone it claims',
      [facts('evil/main', ['shop.example.com']), facts('dns/main', ['example.com'], all)],
      {},
      'dns/main example.com',
    ],
    [
      'a provider that does not allow the name makes no tie',
      [facts('evil/main', ['example.com']), facts('dns/main', ['example.com'], all)],
      {},
      'dns/main example.com',
    ],
    [
      'labels that do not match are a refusal',
      [facts('dns/main', ['example.com'], byTeam('api'))],
      {},
      'refused HostnameNotAllowed: DNSProvider dns/main has zone example.com but does not allow namespace web to have a.shop.example.com: add both to its spec.allowedRecords',
    ],
    [
      'labels that are not known hold the name',
      [facts('dns/main', ['example.com'], byTeam('web'))],
      unknownTenant,
      'held NamespaceUnknown: whether DNSProvider dns/main allows namespace web is not known: its labels could not be read',
    ],
    [
      'labels that are not known do not matter where a longer zone allows',
      [facts('dns/main', ['example.com'], byTeam('web')), facts('web/shop', ['shop.example.com'])],
      unknownTenant,
      'web/shop shop.example.com',
    ],
    [
      'a provider that cannot be listed holds the name: it may have a longer zone',
      [facts('web/main', ['example.com']), facts('web/other', undefined)],
      {},
      'held ProviderUnavailable: the zones of DNSProvider web/other are not known yet',
    ],
    [
      'a provider that cannot be listed does not matter to whom it does not allow',
      [facts('web/main', ['example.com']), facts('evil/other', undefined)],
      {},
      'web/main example.com',
    ],
  ])('%s', (_sentence, providers, wish, expected) => {
    expect(choose(providers, wish)).toBe(expected)
  })

  it('the zone itself is a name of the zone', () => {
    expect(choose([facts('web/main', ['example.com'])], {}, 'example.com' as Fqdn)).toBe('web/main example.com')
    expect(choose([facts('web/main', ['example.com'])], {}, '*.example.com' as Fqdn)).toBe('web/main example.com')
  })
})

describe('with providerRef', () => {
  it.each<[string, readonly ProviderFacts[], string]>([
    [
      'that provider is used, though another has a longer zone or the same',
      [facts('dns/main', ['example.com'], all), facts('web/b', ['shop.example.com', 'example.com'])],
      'dns/main example.com',
    ],
    [
      'a provider that is not there is refused',
      [],
      'refused ProviderNotFound: there is no DNSProvider dns/main: create it or correct spec.providerRef',
    ],
    [
      'a provider without the zone is refused',
      [facts('dns/main', ['example.net'], all)],
      'refused NoProviderForZone: DNSProvider dns/main does not have a zone that contains a.shop.example.com: add the zone or correct the name',
    ],
    [
      'a provider that does not allow it is refused',
      [facts('dns/main', ['example.com'])],
      'refused HostnameNotAllowed: DNSProvider dns/main has zone example.com but does not allow namespace web to have a.shop.example.com: add both to its spec.allowedRecords',
    ],
    [
      'a provider that cannot be listed holds the name',
      [facts('dns/main', undefined)],
      'held ProviderUnavailable: the zones of DNSProvider dns/main are not known yet',
    ],
    [
      'another that cannot be listed does not matter',
      [facts('dns/main', ['example.com'], all), facts('web/other', undefined)],
      'dns/main example.com',
    ],
  ])('%s', (_sentence, providers, expected) => {
    expect(choose(providers, { providerRef: 'dns/main' })).toBe(expected)
  })
})
