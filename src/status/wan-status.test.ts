import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeKstatus, listNonconformities } from '../../test/kstatus.ts'
import { at, listSchemaProblems, NOW, wanObject } from '../../test/support/status-builders.ts'
import type { WANAddressStatus } from '../api/generated/wan-address.ts'
import type { AddressFamily, IpAddress } from '../model/address.ts'
import { TerminalError, TransientError } from '../model/errors.ts'
import { deriveWanStatus, type FamilyObservation, type WanResults } from './wan-status.ts'

const known = (address: string): FamilyObservation => ({
  kind: 'known',
  family: address.includes(':') ? 'IPv6' : 'IPv4',
  address: address as IpAddress,
})
const unknown = (
  reason: string,
  message: string,
  family: AddressFamily = 'IPv4',
  terminal = false,
): FamilyObservation => ({
  kind: 'unknown',
  family,
  reason,
  message,
  terminal,
})
const source = { name: 'udp://stun.example.net:3478', transport: 'UDP', family: 'IPv4', answer: '203.0.113.7' } as const

const derive = (given: Partial<WanResults> = {}): WANAddressStatus | undefined =>
  deriveWanStatus({
    object: wanObject(),
    now: NOW,
    error: undefined,
    observations: [known('203.0.113.7')],
    sources: [source],
    ...given,
  })

const summary = (status: WANAddressStatus | undefined): readonly string[] =>
  status?.conditions?.map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`) ?? []

describe('the status of a WAN address', () => {
  it('says the address, since when, and who said so', () => {
    const status = derive()
    expect(status).toMatchObject({ observedGeneration: 1, ipv4: '203.0.113.7', changedAt: at(0), sources: [source] })
    expect(status).not.toHaveProperty('previous')
    expect(summary(status)).toEqual([
      'AddressObserved=True Succeeded: the public address is 203.0.113.7',
      'Ready=True Succeeded: the public address is 203.0.113.7',
    ])
    expect(listNonconformities(wanObject({ status }))).toEqual([])
  })

  it('keeps the address before the last change', () => {
    const first = derive()
    const second = derive({
      object: wanObject({ status: first }),
      now: NOW + 60_000,
      observations: [known('203.0.113.9')],
    })
    expect(second).toMatchObject({ ipv4: '203.0.113.9', changedAt: at(60), previous: { ipv4: '203.0.113.7' } })
    const third = derive({
      object: wanObject({ status: second, metadata: { generation: 2 } }),
      now: NOW + 90_000,
      observations: [known('203.0.113.9')],
    })
    expect(third).toMatchObject({ changedAt: at(60), previous: { ipv4: '203.0.113.7' }, observedGeneration: 2 })
  })

  it('is not written when only the answers of single sources differ', () => {
    const status = derive()
    const sources = [{ ...source, answer: undefined, error: 'timed out' }].map(({ name, transport, error }) => ({
      name,
      transport,
      error,
    }))
    expect(derive({ object: wanObject({ status }), now: NOW + 60_000, sources })).toBeUndefined()
  })

  it('keeps the last address while it is unknown, and says so once', () => {
    const good = derive()
    const bad = derive({
      object: wanObject({ status: good }),
      observations: [unknown('NoQuorum', 'fewer than 2 operators agree: a failed (timeout)')],
    })
    expect(bad).toMatchObject({ ipv4: '203.0.113.7', changedAt: at(0) })
    expect(summary(bad)).toEqual([
      'AddressObserved=False NoQuorum: IPv4: fewer than 2 operators agree: a failed (timeout)',
      'Ready=False NoQuorum: IPv4: fewer than 2 operators agree: a failed (timeout)',
      'Reconciling=True ProgressingWithRetry: IPv4: fewer than 2 operators agree: a failed (timeout)',
    ])
    const same = [unknown('NoQuorum', 'fewer than 2 operators agree: b failed (refused)')]
    expect(derive({ object: wanObject({ status: bad }), now: NOW + 60_000, observations: same })).toBeUndefined()
    const other = derive({ object: wanObject({ status: bad }), observations: [unknown('NoAnswer', 'none answered')] })
    expect(summary(other)[0]).toBe('AddressObserved=False NoAnswer: IPv4: none answered')
    const edited = wanObject({ status: bad, metadata: { generation: 2 } })
    expect(summary(derive({ object: edited, observations: same }))[0]).toContain('b failed (refused)')
  })

  it('treats families apart, and forgets one that is no longer asked for', () => {
    const both = { addressFamilies: ['IPv4', 'IPv6'] } as const
    const status = derive({
      object: wanObject({ spec: both }),
      observations: [known('203.0.113.7'), known('2001:db8::7')],
    })
    expect(status?.conditions?.[0]?.message).toBe('the public address is 203.0.113.7 and 2001:db8::7')
    const half = derive({
      object: wanObject({ spec: both, status }),
      observations: [known('203.0.113.9'), unknown('NoAnswer', 'none answered', 'IPv6')],
    })
    expect(half).toMatchObject({
      ipv4: '203.0.113.9',
      ipv6: '2001:db8::7',
      previous: { ipv4: '203.0.113.7', ipv6: '2001:db8::7' },
    })
    const one = derive({ object: wanObject({ status, metadata: { generation: 2 } }) })
    expect(one).not.toHaveProperty('ipv6')
  })

  it.each([
    [
      unknown('NotYetAsked', 'nobody has been asked yet'),
      ['AddressObserved=Unknown', 'Ready=Unknown', 'Reconciling=True'],
    ],
    [unknown('TooFewOperators', 'add sources', 'IPv4', true), ['AddressObserved=False', 'Ready=False', 'Stalled=True']],
  ])('tells a start and a mistake from a failure: $reason', (observation, expected) => {
    const status = derive({
      observations: [observation],
      sources: [{ ...source, error: 'failed at 2026-11-21T03:00:00Z' }],
    })
    expect(summary(status).map((line) => line.split(' ')[0])).toEqual(expected)
    expect(status?.sources?.[0]?.error).toBe('failed at')
    expect(status).not.toHaveProperty('ipv4')
  })

  it.each([
    ['an address', known('203.0.113.7')],
    ['a failure', unknown('NoAnswer', 'none answered')],
  ])('goes on saying %s after a restart, until somebody has been asked again', (_what, observation) => {
    const status = derive({ observations: [observation] })
    const observations = [unknown('NotYetAsked', 'nobody has been asked yet')]
    expect(derive({ object: wanObject({ status }), observations, sources: [] })).toBeUndefined()
    const edited = derive({ object: wanObject({ status, metadata: { generation: 2 } }), observations, sources: [] })
    expect(summary(edited)[1]).toMatch(/^Ready=Unknown NotYetAsked/)
  })

  it('shows an error of the spec', () => {
    const status = derive({ error: new TerminalError('InvalidSpec', 'no'), observations: [], sources: [] })
    expect(computeKstatus(wanObject({ status }))).toBe('Failed')
  })

  it('is known although it cannot be put where it is wanted', () => {
    const error = new TerminalError('ConfigMapNotOwned', 'it is there')
    expect(summary(derive({ error }))).toEqual([
      'AddressObserved=True Succeeded: the public address is 203.0.113.7',
      'Ready=False ConfigMapNotOwned: it is there',
      'Stalled=True ConfigMapNotOwned: it is there',
    ])
  })

  it('names what is left to mend of what cannot be written', () => {
    const error = (verb: string): TransientError =>
      new TransientError('ConfigMapNotWritten', `grant the verb "${verb}"`)
    const first = derive({ error: error('get') })
    const next = derive({ object: wanObject({ status: first }), error: error('create') })
    expect(summary(next)[1]).toBe('Ready=False ConfigMapNotWritten: grant the verb "create"')
    expect(derive({ object: wanObject({ status: next }), error: error('create') })).toBeUndefined()
  })

  it('says once that a family is unknown, beside what else is wrong', () => {
    const error = new TerminalError('ConfigMapNotOwned', 'it is there')
    const spec = { addressFamilies: ['IPv4', 'IPv6'] } as const
    const first = derive({
      ...{ object: wanObject({ spec }), error },
      observations: [known('203.0.113.7'), unknown('NoAnswer', 'a is silent', 'IPv6')],
    })
    expect(summary(first)[0]).toBe('AddressObserved=False NoAnswer: IPv6: a is silent')
    const again = derive({
      ...{ object: wanObject({ spec, status: first }), error },
      observations: [known('203.0.113.7'), unknown('NoAnswer', 'b is silent', 'IPv6')],
    })
    expect(again).toBeUndefined()
  })

  it('is left alone while suspended', () => {
    const status = derive({
      object: wanObject({ status: derive(), spec: { suspend: true }, metadata: { generation: 2 } }),
    })
    expect(status).toMatchObject({ observedGeneration: 2, ipv4: '203.0.113.7' })
    expect(summary(status)[1]).toBe('Ready=True Suspended: spec.suspend is true, so nothing is changed')
  })

  it('never loses an address to failures, conforms at every moment, and settles', () => {
    const anyObservation = fc.constantFrom(
      known('203.0.113.7'),
      known('203.0.113.9'),
      unknown('NoAnswer', 'none answered'),
      unknown('NoQuorum', 'few agree'),
      unknown('NoQuorum', 'few agree, otherwise'),
      unknown('TooFewOperators', 'add sources', 'IPv4', true),
    )
    fc.assert(
      fc.property(fc.array(anyObservation, { maxLength: 15 }), (observations) => {
        let object = wanObject()
        let last: string | undefined
        observations.forEach((observation, index) => {
          const results = { now: NOW + index * 30_000, observations: [observation] }
          const status = derive({ object, ...results }) ?? object.status
          if (observation.kind === 'known') last = observation.address
          object = wanObject({ status })
          expect(object.status?.ipv4).toBe(last)
          expect(listNonconformities(object)).toEqual([])
          expect(listSchemaProblems(object)).toEqual([])
          expect(computeKstatus(object) === 'Current').toBe(observation.kind === 'known')
          expect(derive({ object, ...results })).toBeUndefined()
        })
      }),
    )
  })
})
