import { describe, expect, it } from 'vitest'
import { clear, hold, key, update } from '../../test/support/zone-builders.ts'
import type { Intent } from '../model/intent.ts'
import { describeKey, keyText, type ResourceRef } from '../model/record-set.ts'
import { settleClaims, type HolderOf, type NameClaim } from './settle-claims.ts'

const resource = (name: string): ResourceRef => ({ uid: `uid-${name}`, namespace: 'web', name })

const claim = (name: string, createdAt: number, ...intents: readonly Intent[]): NameClaim => ({
  resource: resource(name),
  createdAt,
  intents: intents.map((intent) => ({ ...intent, resource: resource(name) })),
})

/** Who holds which key: `{ 'A x': 'shop' }`. */
const holders =
  (held: Readonly<Record<string, string>>): HolderOf =>
  (wanted) => {
    const entry = Object.entries(held).find(([text]) => keyText(key(text)) === keyText(wanted))
    return entry && resource(entry[1]).uid
  }

function settle(claims: readonly NameClaim[], held: Readonly<Record<string, string>> = {}): readonly string[] {
  const settled = settleClaims(claims, holders(held))
  expect(settleClaims(claims.toReversed(), holders(held))).toEqual(settled)
  return [
    ...settled.intents.map((intent) => `${intent.kind} ${describeKey(intent.key)} for ${intent.resource.name}`),
    ...settled.refusals.map(({ reason, resource: loser, message }) => `${reason} ${loser.name}: ${message}`),
  ]
}

const a = update('A x', ['192.0.2.1'])
const aaaa = update('AAAA x', ['2001:db8::1'])
const cname = update('CNAME x', ['cdn.example.net'])

const belongsTo = (winner: string, why: string, keyAs = 'A x.example.com'): string =>
  `${keyAs} belongs to DynamicDNSRecord web/${winner}, ${why}: remove the hostname from one of the two`
const OLDER = 'which is older'
const HOLDS = 'which has it already'
const STUCK = 'which has it and may not give it up now'

type Cases = readonly (readonly [string, readonly NameClaim[], Readonly<Record<string, string>>, readonly string[]])[]

function check(cases: Cases): void {
  it.each(cases)('%s', (_sentence, claims, held, expected) => {
    expect(settle(claims, held)).toEqual(expected)
  })
}

describe('what is given up for a key that excludes it', () => {
  const successors = (claims: readonly NameClaim[], held: Readonly<Record<string, string>>): readonly string[] =>
    settleClaims(claims, holders(held)).intents.flatMap((intent) => {
      const successor = intent.kind === 'clear' ? intent.successor : undefined
      return successor
        ? `${describeKey(intent.key)} to ${describeKey(successor.key)} of ${successor.resource.name}`
        : []
    })

  it.each<readonly [string, readonly NameClaim[], Readonly<Record<string, string>>, readonly string[]]>([
    [
      'goes with what takes its place, whoever has that and whatever the disposal',
      [claim('shop', 1, clear('A x', 'Retain'), clear('AAAA x')), claim('blog', 2, cname)],
      { 'A x': 'shop', 'AAAA x': 'shop' },
      ['A x.example.com to CNAME x.example.com of blog', 'AAAA x.example.com to CNAME x.example.com of blog'],
    ],
    [
      'goes so in a record that changes its own type',
      [claim('shop', 1, clear('CNAME x'), a)],
      { 'CNAME x': 'shop' },
      ['CNAME x.example.com to A x.example.com of shop'],
    ],
    [
      'goes by itself where the other is to be empty, or stands beside it',
      [claim('shop', 1, clear('CNAME x'), update('A x', []), clear('AAAA y'), update('A y', ['192.0.2.1']))],
      { 'CNAME x': 'shop', 'AAAA y': 'shop' },
      [],
    ],
  ])('%s', (_sentence, claims, held, expected) => {
    expect(successors(claims, held)).toEqual(expected)
  })

  it('stays while the other record does not know yet with what it takes the name', () => {
    const claims = [claim('shop', 1, clear('CNAME x')), claim('blog', 2, hold('A x'))]
    expect(settle(claims, { 'CNAME x': 'shop' })).toEqual([
      'hold A x.example.com for blog',
      'hold CNAME x.example.com for shop',
    ])
  })
})

describe('one resource alone', () => {
  check([
    [
      'gets what it wants',
      [claim('shop', 1, aaaa, a, clear('CNAME x'))],
      { 'CNAME x': 'shop' },
      ['update A x.example.com for shop', 'update AAAA x.example.com for shop', 'clear CNAME x.example.com for shop'],
    ],
    [
      'keeps its routed sets together',
      [claim('shop', 1, update('A x us', ['192.0.2.1']), update('A x eu', ['192.0.2.2']))],
      {},
      ['update A x.example.com (eu) for shop', 'update A x.example.com (us) for shop'],
    ],
    ['holds what it holds', [claim('shop', 1, hold('A x'))], {}, ['hold A x.example.com for shop']],
  ])
})

describe('two resources with one name and type', () => {
  check([
    [
      'go to the older',
      [claim('shop', 2, a), claim('blog', 1, a)],
      {},
      ['update A x.example.com for blog', `Conflicted shop: ${belongsTo('blog', OLDER)}`],
    ],
    [
      'of one age go to the first by name',
      [claim('shop', 1, a), claim('blog', 1, a)],
      {},
      ['update A x.example.com for blog', `Conflicted shop: ${belongsTo('blog', OLDER)}`],
    ],
    [
      'go to whoever holds it, though younger',
      [claim('shop', 2, a), claim('blog', 1, a)],
      { 'A x': 'shop' },
      ['update A x.example.com for shop', `Conflicted blog: ${belongsTo('shop', HOLDS)}`],
    ],
    [
      'are no conflict when one gives it up: it is handed over',
      [claim('shop', 1, clear('A x')), claim('blog', 2, a)],
      { 'A x': 'shop' },
      ['update A x.example.com for blog'],
    ],
    [
      'are no conflict when one gives it up and keeps what it published: it is handed over',
      [claim('shop', 1, clear('A x', 'Retain')), claim('blog', 2, a)],
      { 'A x': 'shop' },
      ['update A x.example.com for blog'],
    ],
    [
      'stay with the holder that gives it up while the other cannot say yet what it wants there',
      [claim('shop', 1, clear('A x')), claim('blog', 2, hold('A x'))],
      { 'A x': 'shop' },
      ['hold A x.example.com for shop'],
    ],
    [
      'go to the holder that may not give it up',
      [claim('shop', 2, clear('A x', 'Refuse')), claim('blog', 1, a)],
      { 'A x': 'shop' },
      ['clear A x.example.com for shop', `Conflicted blog: ${belongsTo('shop', STUCK)}`],
    ],
    [
      'go to the holder that holds it as it is',
      [claim('shop', 2, hold('A x')), claim('blog', 1, a)],
      { 'A x': 'shop' },
      ['hold A x.example.com for shop', `Conflicted blog: ${belongsTo('shop', STUCK)}`],
    ],
    [
      'do not wait for somebody who waits and holds nothing',
      [claim('shop', 1, hold('A x')), claim('blog', 2, a)],
      {},
      ['update A x.example.com for blog'],
    ],
    [
      'do not wait for somebody who may not delete and holds nothing',
      [claim('shop', 1, clear('A x', 'Refuse')), claim('blog', 2, a)],
      { 'A x': 'blog' },
      ['update A x.example.com for blog'],
    ],
    [
      'both waiting leave one hold, that of the older',
      [claim('shop', 2, hold('A x')), claim('blog', 1, hold('A x'))],
      {},
      ['hold A x.example.com for blog'],
    ],
    [
      'both giving it up leave the clear of the holder',
      [claim('shop', 2, clear('A x')), claim('blog', 1, clear('A x'))],
      { 'A x': 'shop' },
      ['clear A x.example.com for shop'],
    ],
    [
      'routed and simple exclude each other',
      [claim('shop', 1, update('A x us', ['192.0.2.1'])), claim('blog', 2, a)],
      {},
      ['update A x.example.com (us) for shop', `Conflicted blog: ${belongsTo('shop', OLDER)}`],
    ],
    [
      'do not mix their routed sets',
      [
        claim('shop', 1, update('A x us', ['192.0.2.1'])),
        claim('blog', 2, update('A x eu', ['192.0.2.2']), update('A x us', ['192.0.2.2'])),
      ],
      {},
      [
        'update A x.example.com (us) for shop',
        `Conflicted blog: ${belongsTo('shop', OLDER, 'A x.example.com (eu)')}`,
        `Conflicted blog: ${belongsTo('shop', OLDER, 'A x.example.com (us)')}`,
      ],
    ],
    [
      'from two clusters of one name and age have a winner all the same',
      [claim('shop', 1, a), { ...claim('shop', 1, a), resource: { ...resource('shop'), uid: 'uid-z' } }],
      {},
      ['update A x.example.com for shop', `Conflicted shop: ${belongsTo('shop', OLDER)}`],
    ],
  ])
})

describe('two resources with one name and different types', () => {
  check([
    [
      'share it where the types may stand together',
      [claim('shop', 1, a), claim('blog', 2, aaaa)],
      {},
      ['update A x.example.com for shop', 'update AAAA x.example.com for blog'],
    ],
    [
      'share it where each holds its own',
      [claim('shop', 1, a, aaaa), claim('blog', 2, aaaa)],
      { 'A x': 'shop', 'AAAA x': 'blog' },
      [
        'update A x.example.com for shop',
        'update AAAA x.example.com for blog',
        `Conflicted shop: ${belongsTo('blog', HOLDS, 'AAAA x.example.com')}`,
      ],
    ],
    [
      'conflict where one would follow another name',
      [claim('shop', 1, a), claim('blog', 2, cname)],
      {},
      ['update A x.example.com for shop', `Conflicted blog: ${belongsTo('shop', OLDER, 'CNAME x.example.com')}`],
    ],
    [
      'conflict where one would follow another name, and the holder wins',
      [claim('shop', 1, a), claim('blog', 2, update('ALIAS x', ['cdn.example.net']))],
      { 'ALIAS x': 'blog' },
      ['update ALIAS x.example.com for blog', `Conflicted shop: ${belongsTo('blog', HOLDS)}`],
    ],
    [
      'go to whoever holds the name though it turns to another type now',
      [claim('shop', 1, a), claim('blog', 2, clear('A x'), cname)],
      { 'A x': 'blog' },
      [
        'clear A x.example.com for blog',
        'update CNAME x.example.com for blog',
        `Conflicted shop: ${belongsTo('blog', HOLDS)}`,
      ],
    ],
    [
      'are handed over where the holder of one type wants only another that may stand beside it',
      [claim('shop', 1, clear('A x'), aaaa), claim('blog', 2, a)],
      { 'A x': 'shop' },
      ['update A x.example.com for blog', 'update AAAA x.example.com for shop'],
    ],
    [
      'change in one batch when one goes and another comes',
      [claim('shop', 1, clear('CNAME x')), claim('blog', 2, a)],
      { 'CNAME x': 'shop' },
      ['update A x.example.com for blog', 'clear CNAME x.example.com for shop'],
    ],
  ])
})
