import { expect, it } from 'vitest'
import type { Fqdn } from '../model/name.ts'
import type { RecordType } from '../model/record-set.ts'
import { readCut, ZoneCuts } from './zone-cuts.ts'

const ZONE = 'example.com' as Fqdn
const cut = (name: string, type: string, ...targets: readonly string[]): ReturnType<typeof readCut> =>
  readCut(name as Fqdn, type, targets)

const cuts = new ZoneCuts(ZONE)
cuts.learn([
  ...cut('example.com', 'NS', 'ns1.example.net.'),
  ...cut('sub.example.com', 'NS', 'NS1.sub.example.com.'),
  ...cut('sub.example.com', 'NS', 'ns2.example.net'),
  ...cut('deep.sub.example.com', 'NS', 'ns3.example.net'),
  ...cut('moved.example.com', 'DNAME', 'example.org.'),
  ...cut('mail.example.com', 'MX', '10 mx.example.net.'),
])
const above = (name: string, type: RecordType = 'A'): string | undefined => {
  const found = cuts.above({ name: name as Fqdn, type, setId: '' })
  return found && `${found.type} ${found.name} ${found.targets.join(' ')}`
}

const SUB = 'NS sub.example.com ns1.sub.example.com ns2.example.net'

it.each([
  ['example.com', undefined],
  ['www.example.com', undefined],
  ['mail.example.com', undefined],
  ['xsub.example.com', undefined],
  ['sub.example.com', SUB],
  ['*.sub.example.com', SUB],
  ['www.deep.sub.example.com', SUB],
  ['moved.example.com', undefined],
  ['www.moved.example.com', 'DNAME moved.example.com example.org'],
])('what hides %s is %s', (name, hidden) => {
  expect(above(name)).toBe(hidden)
})

it('the addresses of a name server are seen as glue, and nothing else at its name is', () => {
  expect(above('ns1.sub.example.com')).toBeUndefined()
  expect(above('ns1.sub.example.com', 'AAAA')).toBeUndefined()
  expect(above('ns1.sub.example.com', 'TXT')).toBe(SUB)
})

it('what is read again of some names stands for these alone', () => {
  const some = new ZoneCuts(ZONE)
  some.learn([...cut('a.example.com', 'NS', 'ns1.example.net'), ...cut('b.example.com', 'NS', 'ns1.example.net')])
  some.learn([], ['a.example.com' as Fqdn])
  const names = ['www.a.example.com' as Fqdn, 'www.b.example.com' as Fqdn]
  expect(names.map((name) => some.above({ name, type: 'A', setId: '' })?.name)).toEqual([undefined, 'b.example.com'])
})

it('a zone of one label, and a DNAME at an apex, are like others', () => {
  const lan = new ZoneCuts('lan' as Fqdn)
  lan.learn(cut('lan', 'DNAME', 'example.com'))
  const find = (name: string): string | undefined => lan.above({ name: name as Fqdn, type: 'A', setId: '' })?.type
  expect([find('lan'), find('www.lan')]).toEqual([undefined, 'DNAME'])
})
