import { describe, expect, it } from 'vitest'
import { TerminalError, TransientError, WaitingError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { keyText, type RecordType } from '../../model/record-set.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit } from '../raw-zone.ts'
import { applyOneByOne, batchOneByOne } from './one-by-one.ts'

const www = 'www.example.com'
const refused: RawOutcome = { kind: 'failed', error: new TerminalError('ProviderRefused', 'no') }
const throttled: RawOutcome = { kind: 'failed', error: new WaitingError('RateLimited', 'later', 30_000) }
const lost: RawOutcome = { kind: 'unconfirmed', error: new TransientError('ProviderUnavailable', 'lost') }

function setAt(name: string, type: RecordType): RawSet {
  const key = { name: name as Fqdn, type, setId: '' }
  return { key, values: [type], ttl: 300, routing: undefined, options: undefined, note: undefined }
}

function added(name: string, type: RecordType): RawChange {
  const next = setAt(name, type)
  return { key: next.key, previous: undefined, next }
}

function removed(name: string, type: RecordType): RawChange {
  const previous = setAt(name, type)
  return { key: previous.key, previous, next: undefined }
}

const oldUnit: RawUnit = [removed(www, 'A'), removed('a-www.example.com', 'TXT')]
const newUnit: RawUnit = [added(www, 'CNAME'), added('cname-www.example.com', 'TXT')]

/** A zone with one thing in it per key; the given writes end as they are told, each answer once. */
function zoneOf(present: readonly string[], answers: Readonly<Record<string, readonly RawOutcome[]>> = {}) {
  const there = new Set(present)
  const writes: string[] = []
  const left = new Map(Object.entries(answers).map(([text, outcomes]) => [text, [...outcomes]]))
  const write = ({ key, next }: RawChange, purpose: string): Promise<RawOutcome> => {
    const text = `${next === undefined ? '-' : '+'}${keyText(key)}`
    writes.push(`${text} ${purpose}`)
    const answer = left.get(text)?.shift() ?? { kind: 'applied' }
    if (answer.kind === 'applied') {
      if (next === undefined) there.delete(keyText(key))
      else there.add(keyText(key))
    }
    return Promise.resolve(answer)
  }
  return { write, writes, present: () => [...there].sort() }
}

const BEFORE = [`${www} A`, 'a-www.example.com TXT']

describe('units that are written one by one', () => {
  it('share a call where one makes room for another', () => {
    const other: RawUnit = [added('api.example.com', 'A')]
    expect(batchOneByOne([other, oldUnit, newUnit])).toEqual([[other], [oldUnit, newUnit]])
  })

  it('have calls of their own where none does, so that each fails for itself', () => {
    const both: RawUnit[] = [[added(www, 'A')], [added(www, 'AAAA')]]
    expect(batchOneByOne(both)).toEqual(both.map((unit) => [unit]))
  })
})

describe('a name that changes from one type to another', () => {
  const exchange = [...oldUnit, ...newUnit]

  it('is empty between two calls only, the second of which need not wait for an allowance', async () => {
    const zone = zoneOf(BEFORE)
    expect(await applyOneByOne(exchange, zone.write)).toEqual({ kind: 'applied' })
    expect(zone.writes).toEqual([
      '+cname-www.example.com TXT Work',
      `-${www} A Work`,
      `+${www} CNAME Repair`,
      '-a-www.example.com TXT Repair',
    ])
  })

  it('has what it had when the new set is refused, with its mark', async () => {
    const zone = zoneOf(BEFORE, { [`+${www} CNAME`]: [refused] })
    expect(await applyOneByOne(exchange, zone.write)).toEqual(refused)
    expect(zone.present()).toEqual([...BEFORE].sort())
  })

  it('gets the new set when the provider only asked to wait', async () => {
    const zone = zoneOf(BEFORE, { [`+${www} CNAME`]: [throttled] })
    expect(await applyOneByOne(exchange, zone.write)).toEqual({ kind: 'applied' })
    expect(zone.present()).toEqual(['cname-www.example.com TXT', `${www} CNAME`])
  })

  it('has what it had when the new set has to wait again', async () => {
    const zone = zoneOf(BEFORE, { [`+${www} CNAME`]: [throttled, throttled] })
    expect(await applyOneByOne(exchange, zone.write)).toEqual(throttled)
    expect(zone.present()).toEqual([...BEFORE].sort())
  })

  it('is left as it is found after a lost answer', async () => {
    const zone = zoneOf(BEFORE, { [`+${www} CNAME`]: [lost] })
    expect(await applyOneByOne(exchange, zone.write)).toEqual(lost)
  })

  it('loses a mark of an older version at the name itself before the CNAME comes', async () => {
    const zone = zoneOf([`${www} A`, `${www} TXT`])
    await applyOneByOne([removed(www, 'A'), removed(www, 'TXT'), ...newUnit], zone.write)
    expect(zone.writes.map((text) => text.replace(/ \w+$/, ''))).toEqual([
      '+cname-www.example.com TXT',
      `-${www} A`,
      `-${www} TXT`,
      `+${www} CNAME`,
    ])
  })
})

it('a call that finds the name in use waits for nothing more', async () => {
  const zone = zoneOf([], { [`+${www} CNAME`]: [throttled] })
  expect(await applyOneByOne(newUnit, zone.write)).toEqual(throttled)
  expect(zone.present()).toEqual([])
})
