import { expect, it } from 'vitest'
import { formatHostPort } from './host-port.ts'

it.each([
  ['192.0.2.53', '192.0.2.53:53'],
  ['ns1.example.net', 'ns1.example.net:53'],
  ['2001:db8::53', '[2001:db8::53]:53'],
])('port 53 of %s reads %s', (host, text) => {
  expect(formatHostPort(host, 53)).toBe(text)
})
