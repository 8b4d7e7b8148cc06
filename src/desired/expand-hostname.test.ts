import { describe, expect, it } from 'vitest'
import { addresses, follow, members } from '../../test/support/record-builders.ts'
import type { TargetContent } from './contribution.ts'
import {
  entryMatcher,
  expandHostname,
  mayLieWithin,
  uniteNames,
  type ExpansionSource,
  type Share,
} from './expand-hostname.ts'
import type { Fqdn } from '../model/name.ts'

const source = (target: string, content: TargetContent, region?: string): ExpansionSource => ({
  spec: region === undefined ? {} : { region },
  target,
  content,
})

function shareText(share: Share): string {
  if (share.kind === 'hostname') return `${share.target}>${share.hostname}`
  return `${share.target}:${share.members.flatMap((member) => member.addresses).join('+')}`
}

function expand(entry: string, ...sources: readonly ExpansionSource[]): readonly string[] {
  const { names, refusals } = expandHostname(entry, sources)
  return [
    ...names.map(({ name, shares }) => [name, ...shares.map(shareText)].join(' ')),
    ...refusals.map(({ name, reason }) => `${reason} ${name}`),
  ]
}

const edge = source('edge', members('n1 192.0.2.1 active us', 'n2.lan 192.0.2.2 active eu'), 'us')
const home = source('home', addresses('192.0.2.9 active eu'), 'eu')
const cdn = source('cdn', follow('cdn.example.net'), 'eu')

describe('an entry without placeholders', () => {
  it('is one name with everything', () => {
    expect(expand('shop.example.com', edge, home, cdn)).toEqual([
      'shop.example.com edge:192.0.2.1+192.0.2.2 home:192.0.2.9 cdn>cdn.example.net',
    ])
  })

  it('is a name even when no target gives anything', () => {
    expect(expand('shop.example.com')).toEqual(['shop.example.com'])
  })
})

describe('an entry with {member}', () => {
  it('is one name per member of a pool, dots as hyphens, and other targets add nothing', () => {
    expect(expand('{member}.edge.example.com', edge, home, cdn)).toEqual([
      'n1.edge.example.com edge:192.0.2.1',
      'n2-lan.edge.example.com edge:192.0.2.2',
    ])
  })

  it('may have it as part of a label', () => {
    expect(expand('k8s-{member}-v4.example.com', source('edge', members('N1 192.0.2.1')))).toEqual([
      'k8s-n1-v4.example.com edge:192.0.2.1',
    ])
  })

  it('refuses a name that two members would have, and only that one', () => {
    const pool = source('edge', members('a.b 192.0.2.1', 'a-b 192.0.2.2', 'c 192.0.2.3'))
    expect(expand('{member}.example.com', pool)).toEqual([
      'c.example.com edge:192.0.2.3',
      'MemberNameCollision a-b.example.com',
    ])
    expect(expandHostname('{member}.example.com', [pool]).refusals[0]?.message).toBe(
      'members a-b and a.b would both be a-b.example.com: rename one of them',
    )
  })

  it('takes a member that two pools have for one', () => {
    const other = source('other', members('n1 192.0.2.7'))
    expect(expand('{member}.example.com', source('edge', members('n1 192.0.2.1')), other)).toEqual([
      'n1.example.com edge:192.0.2.1 other:192.0.2.7',
    ])
  })

  it('refuses a name that is none, and only that one', () => {
    const pool = source('edge', members(`${'x'.repeat(64)} 192.0.2.1`, 'n1 192.0.2.2'))
    expect(expand('{member}.example.com', pool)).toEqual([
      'n1.example.com edge:192.0.2.2',
      `InvalidName ${'x'.repeat(64)}.example.com`,
    ])
  })
})

describe('an entry with {region}', () => {
  it('is one name per region, of the member where it has one', () => {
    expect(expand('{region}.example.com', edge, home)).toEqual([
      'us.example.com edge:192.0.2.1',
      'eu.example.com edge:192.0.2.2 home:192.0.2.9',
    ])
  })

  it('follows a hostname in the region of its target', () => {
    expect(expand('{region}.example.com', cdn)).toEqual(['eu.example.com cdn>cdn.example.net'])
  })

  it('leaves out what is in no region', () => {
    expect(
      expand('{region}.example.com', source('edge', members('n1 192.0.2.1')), source('cdn', follow('cdn.example.net'))),
    ).toEqual([])
  })

  it('goes together with {member}', () => {
    expect(expand('{member}.{region}.example.com', edge, home, cdn)).toEqual([
      'n1.us.example.com edge:192.0.2.1',
      'n2-lan.eu.example.com edge:192.0.2.2',
    ])
  })
})

describe('what an entry could once have given', () => {
  it.each([
    ['shop.example.com', 'shop.example.com', true],
    ['shop.example.com', 'a.shop.example.com', false],
    ['{member}.example.com', 'n1.example.com', true],
    ['{member}.example.com', 'a.n1.example.com', false],
    ['{member}.example.com', 'n1xexample.com', false],
    ['k8s-{member}.example.com', 'k8s-n1.example.com', true],
    ['k8s-{member}.example.com', 'k8s-.example.com', false],
    ['k8s-{member}.example.com', 'k3s-n1.example.com', false],
    ['{member}-v4.example.com', 'n1-v4.example.com', true],
    ['{member}-v4.example.com', '-v4.example.com', false],
    ['{member}-v4.example.com', 'n1-v6.example.com', false],
    ['{member}-in-{region}.example.com', 'n1-in-us.example.com', true],
    ['{member}-in-{region}.example.com', 'n1-at-us.example.com', false],
    ['{member}-in-{region}.example.com', 'n1-in-.example.com', false],
    ['{member}{region}.example.com', 'ab.example.com', true],
    ['{member}{region}.example.com', 'a.example.com', false],
    ['{member}{region}.example.com', '.example.com', false],
    ['*.{region}.example.com', '*.eu.example.com', true],
    ['*.{region}.example.com', 'a.eu.example.com', false],
  ])('%s and %s: %s', (entry, name, expected) => {
    expect(entryMatcher(entry)(name as Fqdn)).toBe(expected)
  })
})

it('what an entry could have given is found out at once, however many placeholders it has', () => {
  const couldGive = entryMatcher(`${'{member}-'.repeat(28)}.a`)
  expect(couldGive(`${'a-'.repeat(100)}x.a` as Fqdn)).toBe(false)
  expect(couldGive(`${'a-'.repeat(100)}.a` as Fqdn)).toBe(true)
})

describe('where a name of an entry may lie', () => {
  it.each([
    ['shop.example.com', 'example.com', true],
    ['shop.example.com', 'shop.example.com', true],
    ['shop.example.com', 'a.shop.example.com', false],
    ['shop.example.com', 'hop.example.com', false],
    ['{member}.example.com', 'example.com', true],
    ['www.{region}.example.com', 'example.com', true],
    ['www.{region}.example.com', 'eu.example.com', true],
    ['www.{region}.example.com', 'www.eu.example.com', true],
    ['www.{region}.example.com', 'a.www.eu.example.com', false],
    ['www.{region}.example.com', 'ftp.eu.example.com', false],
    ['www.in-{region}.example.com', 'in-eu.example.com', true],
    ['www.in-{region}.example.com', 'eu.example.com', false],
    ['www.{region}.example.com', 'eu.example.org', false],
  ])('%s in zone %s: %s', (entry, zone, expected) => {
    expect(mayLieWithin(entry, zone as Fqdn)).toBe(expected)
  })
})

describe('a name of two entries', () => {
  it('gets what each of them gives', () => {
    const expansions = ['{region}.example.com', 'eu.example.com'].map((entry) => expandHostname(entry, [home]))
    expect(uniteNames(expansions).map(({ name, shares }) => `${name} ${shares.map(shareText).join(' ')}`)).toEqual([
      'eu.example.com home:192.0.2.9 home:192.0.2.9',
    ])
  })
})
