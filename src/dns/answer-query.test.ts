import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostedZone, openStore, type SetText } from '../../test/support/hosted-zones.ts'
import type { DnsRecord, Message } from '../wire/message.ts'
import type { DnsType } from '../wire/numbers.ts'
import { notifyMessage, queryMessage, requestMessage } from '../wire/query.ts'
import { answerQuery } from './answer-query.ts'
import { soaRecord } from './hosted-zone.ts'
import { ZoneDirectory } from './zone-directory.ts'

const SETS: readonly SetText[] = [
  ['@', 'A', '192.0.2.1'],
  ['@', 'TXT', 'hello "world"'],
  ['www', 'A', '192.0.2.1', '192.0.2.2'],
  ['www', 'AAAA', '2001:db8::1'],
  ['alias', 'CNAME', 'www.example.test'],
  ['far', 'CNAME', 'www.elsewhere.test'],
  ['gone', 'CNAME', 'nobody.example.test'],
  ['round', 'CNAME', 'trip.example.test'],
  ['trip', 'CNAME', 'round.example.test'],
  ['down', 'CNAME', 'www.sub.example.test'],
  ['a.b.deep', 'A', '192.0.2.3'],
  ['*.wild', 'A', '192.0.2.4'],
  ['host.wild', 'TXT', 'real'],
  ['x.sub.wild', 'A', '192.0.2.5'],
  ['*.alias', 'CNAME', 'www.example.test'],
]

const zone = hostedZone(await openStore('example.test', SETS))
const sub = hostedZone(await openStore('sub.example.test', [['www', 'A', '192.0.2.9']]))
const zones = new ZoneDirectory()
zones.add(zone)
zones.add(sub)

const ask = (name: string, type: DnsType): Message => answerQuery(queryMessage(1, name, type), zones)

/** `www.example.test A 192.0.2.1`. */
function show({ name, type, data }: DnsRecord): string {
  const value =
    'address' in data ? data.address : 'target' in data ? data.target : data.kind === 'SOA' ? data.serial : ''
  return `${name} ${type} ${value}`.trim()
}

describe('an answer', () => {
  it.each<[string, DnsType, readonly string[]]>([
    ['www.example.test', 'A', ['www.example.test A 192.0.2.1', 'www.example.test A 192.0.2.2']],
    ['www.example.test', 'AAAA', ['www.example.test AAAA 2001:db8::1']],
    ['example.test', 'A', ['example.test A 192.0.2.1']],
    ['example.test', 'TXT', ['example.test TXT']],
    ['example.test', 'SOA', ['example.test SOA 8']],
    ['example.test', 'NS', ['example.test NS ns1.example.test', 'example.test NS ns2.example.net']],
    ['alias.example.test', 'CNAME', ['alias.example.test CNAME www.example.test']],
    ['alias.example.test', 'AAAA', ['alias.example.test CNAME www.example.test', 'www.example.test AAAA 2001:db8::1']],
    ['far.example.test', 'A', ['far.example.test CNAME www.elsewhere.test']],
    ['down.example.test', 'A', ['down.example.test CNAME www.sub.example.test']],
    [
      'round.example.test',
      'A',
      ['round.example.test CNAME trip.example.test', 'trip.example.test CNAME round.example.test'],
    ],
    ['x.wild.example.test', 'A', ['x.wild.example.test A 192.0.2.4']],
    ['x.y.wild.example.test', 'A', ['x.y.wild.example.test A 192.0.2.4']],
    ['*.wild.example.test', 'A', ['*.wild.example.test A 192.0.2.4']],
    ['a\\.b.wild.example.test', 'A', ['a\\.b.wild.example.test A 192.0.2.4']],
    [
      'any.alias.example.test',
      'AAAA',
      ['any.alias.example.test CNAME www.example.test', 'www.example.test AAAA 2001:db8::1'],
    ],
    ['www.sub.example.test', 'A', ['www.sub.example.test A 192.0.2.9']],
    ['www.example.test', 'ANY', ['www.example.test A 192.0.2.1', 'www.example.test A 192.0.2.2']],
    ['sub.example.test', 'ANY', ['sub.example.test SOA 8']],
  ])('to %s %s holds its records and nothing beside them', (name, type, records) => {
    const answer = ask(name, type)
    expect(answer).toMatchObject({ rcode: 'NOERROR', authoritative: true, response: true, recursionAvailable: false })
    expect(answer.answers.map(show)).toEqual(records)
    expect([answer.authorities, answer.additionals]).toEqual([[], []])
  })

  it('has the values as they were read for the answer before', () => {
    const [before] = ask('www.example.test', 'AAAA').answers
    expect(ask('WWW.example.test', 'AAAA').answers[0]?.data).toBe(before?.data)
  })

  it('repeats the case of the question', () => {
    expect(ask('WwW.Example.TEST', 'AAAA').answers.map(show)).toEqual(['WwW.Example.TEST AAAA 2001:db8::1'])
    expect(ask('EXAMPLE.test', 'SOA').answers.map(show)).toEqual(['EXAMPLE.test SOA 8'])
  })

  it.each<[string, DnsType, string]>([
    ['a name without the type', 'AAAA', 'example.test'],
    ['a name that only names below it need', 'A', 'deep.example.test'],
    ['a name between a wildcard and a name', 'A', 'sub.wild.example.test'],
    ['a name that a wildcard may not stand for, since it is there', 'A', 'host.wild.example.test'],
    ['a wildcard without the type', 'AAAA', 'x.wild.example.test'],
    ['a name servers question below the apex', 'NS', 'www.example.test'],
    ['a type that nobody knows', 65_280, 'www.example.test'],
  ])('says that there is nothing for %s', (_, type, name) => {
    const answer = ask(name, type)
    expect(answer).toMatchObject({ rcode: 'NOERROR', authoritative: true, answers: [] })
    expect(answer.authorities).toEqual([{ ...soaRecord(zone), ttl: 60 }])
  })

  it.each([
    ['a name that is not there', 'nobody.example.test'],
    ['a name below one that is', 'x.www.example.test'],
    ['a name beside one that shadows the wildcard', 'y.sub.wild.example.test'],
    ['a name below one that shadows the wildcard', 'y.host.wild.example.test'],
    ['the name above a wildcard of an alias', 'x.y.z.example.test'],
  ])('says that there is no such name for %s', (_, name) => {
    const answer = ask(name, 'A')
    expect(answer).toMatchObject({ rcode: 'NXDOMAIN', authoritative: true, answers: [] })
    expect(answer.authorities.map(show)).toEqual(['example.test SOA 8'])
  })

  it('follows an alias to where there is nothing, and says so', () => {
    const answer = ask('gone.example.test', 'A')
    expect(answer.rcode).toBe('NXDOMAIN')
    expect(answer.answers.map(show)).toEqual(['gone.example.test CNAME nobody.example.test'])
    expect(answer.authorities).toHaveLength(1)
    expect(ask('alias.example.test', 'TXT')).toMatchObject({ rcode: 'NOERROR', answers: [{ type: 'CNAME' }] })
  })

  it('ends a chain that is too long', async () => {
    const links = Array.from({ length: 40 }, (_, at): SetText => [`l${at}`, 'CNAME', `l${at + 1}.long.test`])
    const directory = new ZoneDirectory()
    directory.add(hostedZone(await openStore('long.test', links)))
    expect(answerQuery(queryMessage(1, 'l0.long.test', 'A'), directory).answers).toHaveLength(16)
  })
})

describe('a question', () => {
  const question = { name: 'www.example.test', type: 'A', class: 'IN' } as const

  it.each<[string, Message, string]>([
    ['for a zone that is not ours', queryMessage(1, 'elsewhere.test', 'A'), 'REFUSED'],
    ['for a name that only ends like ours', queryMessage(1, 'notexample.test', 'A'), 'REFUSED'],
    ['for a name whose escaped dot ends no label', queryMessage(1, 'not\\.example.test', 'A'), 'REFUSED'],
    ['for the root', queryMessage(1, '.', 'NS'), 'REFUSED'],
    [
      'in another class',
      requestMessage({ id: 1, opcode: 'QUERY', questions: [{ ...question, class: 'CH' }] }),
      'REFUSED',
    ],
    ['that is two', requestMessage({ id: 1, opcode: 'QUERY', questions: [question, question] }), 'FORMERR'],
    ['that is none', requestMessage({ id: 1, opcode: 'QUERY', questions: [] }), 'FORMERR'],
    ['that is an update', requestMessage({ id: 1, opcode: 'UPDATE', questions: [question] }), 'NOTIMP'],
    ['that is a notice', notifyMessage(1, 'example.test', soaRecord(zone)), 'NOTIMP'],
  ])('%s is not answered with records', (_, query, rcode) => {
    const answer = answerQuery(query, zones)
    expect(answer).toMatchObject({ rcode, authoritative: false, answers: [], authorities: [], opcode: query.opcode })
  })

  it('is answered by the zone that was added last, and by none once it is gone', async () => {
    const directory = new ZoneDirectory()
    const removeFirst = directory.add(hostedZone(await openStore('a.test', [['x', 'A', '192.0.2.1']])))
    const remove = directory.add(hostedZone(await openStore('a.test', [['x', 'A', '192.0.2.2']])))
    removeFirst()
    expect(answerQuery(queryMessage(1, 'x.a.test', 'A'), directory).answers.map(show)).toEqual(['x.a.test A 192.0.2.2'])
    remove()
    expect(answerQuery(queryMessage(1, 'x.a.test', 'A'), directory).rcode).toBe('REFUSED')
  })
})

describe('wildcards and the names around them', () => {
  const label = fc.constantFrom('a', 'b', '*')
  const owner = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))

  /** RFC 4592 §3.3.1 word by word, over a plain list of names: the name whose records answer, if any. */
  function sourceOf(owners: readonly string[], name: string): string | undefined {
    const all = owners.map((text) => `${text}.example.test`)
    const exists = (text: string): boolean =>
      text === 'example.test' || all.some((other) => other === text || other.endsWith(`.${text}`))
    if (exists(name)) return name
    const labels = name.split('.')
    const encloser = labels.map((_, at) => labels.slice(at).join('.')).find(exists)
    return exists(`*.${encloser}`) ? `*.${encloser}` : undefined
  }

  it('agree with the RFC, whatever the zone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(owner, { maxLength: 6 }), owner, async (owners, asked) => {
        const directory = new ZoneDirectory()
        const sets = owners.map((text, at): SetText => [text, 'A', `192.0.2.${at + 1}`])
        directory.add(hostedZone(await openStore('example.test', sets)))
        const name = `${asked}.example.test`
        const answer = answerQuery(queryMessage(1, name, 'A'), directory)
        const source = sourceOf(owners, name)
        expect(answer.rcode).toBe(source === undefined ? 'NXDOMAIN' : 'NOERROR')
        const at = owners.findIndex((text) => `${text}.example.test` === source)
        expect(answer.answers.map(show)).toEqual(at < 0 ? [] : [`${name} A 192.0.2.${at + 1}`])
      }),
      { numRuns: 500 },
    )
  })
})
