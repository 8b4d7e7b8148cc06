import { expect, it } from 'vitest'
import { describeUnknownField } from './unknown-field.ts'

const FIELDS = ['hostnames', 'targets', 'ttlSeconds', 'minAddresses', 'id', 'syncPolicy', 'syncWindow']

it.each([
  ['hostname', 'is not a field here; did you mean hostnames?'],
  ['HostNames', 'is not a field here; did you mean hostnames?'],
  ['ttlseconds', 'is not a field here; did you mean ttlSeconds?'],
  ['maxAddresses', 'is not a field here; did you mean minAddresses?'],
  ['ttl', 'is not a field here; did you mean ttlSeconds?'],
  ['TTL', 'is not a field here; did you mean ttlSeconds?'],
  ['tt', 'is not a field here; remove it'],
  ['sync', 'is not a field here; remove it'],
  ['xy', 'is not a field here; remove it'],
  ['x'.repeat(100_000), 'is not a field here; remove it'],
])('an unknown field %.20s', (name, expected) => {
  expect(describeUnknownField(name, FIELDS)).toBe(expected)
})
