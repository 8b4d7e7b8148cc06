import { expect, it } from 'vitest'
import { createTestSpec } from '../../../test/fakes/wan/detect-ports.ts'
import type { IpAddress } from '../../model/address.ts'
import { describeUnknown } from './describe-detection.ts'
import type { SourceOutcome, SourceResult, UnknownReason } from './detection.ts'

const address = '9.9.9.9' as IpAddress
const other = '8.8.8.8' as IpAddress
const outcome = (operator: string, result: SourceResult): SourceOutcome => ({
  source: { name: `udp://stun.${operator}`, operator, transport: 'UDP', authenticated: false },
  result,
  elapsedMs: 1,
})
const answers = [
  outcome('b.net', { kind: 'answered', addresses: [address, other] }),
  outcome('a.net', { kind: 'failed', message: 'connection refused' }),
  outcome('c.net', { kind: 'refused', address: '10.0.0.1' as IpAddress, message: '10.0.0.1 is denied by 10.0.0.0/8' }),
  outcome('d.net', { kind: 'unneeded' }),
]
const EVERYONE =
  'udp://stun.a.net failed (connection refused); udp://stun.b.net says 9.9.9.9 and 8.8.8.8; ' +
  'udp://stun.c.net: 10.0.0.1 is denied by 10.0.0.0/8; udp://stun.d.net was not needed'

it.each<[UnknownReason, string]>([
  ['NoAnswer', 'none of 4 sources answered'],
  ['AddressRefused', 'no answer is to be believed'],
  ['NoQuorum', 'fewer than 2 operators agree'],
  ['Conflict', 'different addresses have a quorum of 2 each'],
  ['NotAuthenticated', '2 operators agree, but none of the answers came over TLS'],
])('%s is explained with everyone’s answer', (reason, summary) => {
  const said = describeUnknown(reason, createTestSpec(), answers)
  expect(said).toEqual({ summary, message: `${summary}: ${EVERYONE}` })
})

it('says the same in whatever order the answers came', () => {
  const spec = createTestSpec()
  expect(describeUnknown('NoQuorum', spec, [...answers].reverse())).toEqual(describeUnknown('NoQuorum', spec, answers))
})

it.each<[readonly string[], string]>([
  [[], 'none'],
  [['b.net', 'a.net'], '2 (a.net, b.net)'],
])('names the operators when there are too few: %j', (operators, named) => {
  const unasked = operators.map((operator) => outcome(operator, { kind: 'unneeded' }))
  expect(describeUnknown('TooFewOperators', createTestSpec({ quorum: 3 }), unasked).message).toBe(
    `a quorum of 3 needs as many operators, and the sources for IPv4 have ${named}; add sources of other operators or lower the quorum`,
  )
})
