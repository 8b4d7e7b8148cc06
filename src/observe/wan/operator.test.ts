import { expect, it } from 'vitest'
import { operatorOf } from './operator.ts'

it.each([
  ['a name belongs to its registrable domain', 'stun1.l.example.com', 19302, 'example.com'],
  ['public suffixes have many operators', 'stun.example.co.uk', 3478, 'example.co.uk'],
  ['letters may be of any case and the name may end in a dot', 'STUN.Example.COM.', 3478, 'example.com'],
  ['names below a dynamic DNS service count as that service', 'me.duckdns.org', 3478, 'duckdns.org'],
  ['a single label stands for itself', 'localhost', 3478, 'localhost'],
  ['a name below an unknown top level has its last two labels', 'a.stun.internal', 3478, 'stun.internal'],
  ['an IPv4 literal counts with its port', '192.0.2.1', 3478, '192.0.2.1:3478'],
  ['an IPv6 literal counts with its port', '2001:db8::1', 3479, '[2001:db8::1]:3479'],
])('%s', (_sentence, host, port, operator) => {
  expect(operatorOf(host, port)).toBe(operator)
})
