import { describe, expect, it } from 'vitest'
import { createHostGuard, createLoopbackGuard } from './host-guard.ts'

describe('on loopback', () => {
  const guard = createHostGuard({ host: '127.0.0.1', names: ['stoa.example.com'] })

  it.each([
    'localhost',
    'LOCALHOST:51339',
    'stoa.localhost:51339',
    '127.0.0.1:51339',
    '[::1]:51339',
    '192.0.2.7',
    'stoa.example.com',
    'Stoa.Example.com.:443',
    undefined,
  ])('%s is answered to', (header) => {
    expect(guard(header)).toBe(true)
  })

  it.each(['rebound.example.net:51339', 'localhost.example.net', 'a.stoa.example.com', '', '127.0.0.1.example.net'])(
    '%s is not',
    (header) => {
      expect(guard(header)).toBe(false)
    },
  )
})

it.each([
  ['127.0.0.1', undefined, false],
  ['127.0.0.2', undefined, false],
  ['::1', undefined, false],
  ['localhost', undefined, false],
  ['0.0.0.0', undefined, true],
  ['::', undefined, true],
  ['192.0.2.7', undefined, true],
  ['0.0.0.0', ['stoa.example.com'], false],
])('a server on %s, with the names %s, is open to others: %s', (host, names, isOpen) => {
  expect(createHostGuard({ host, names })('other.example.net')).toBe(isOpen)
})

it.each([
  ['127.0.0.1', undefined, false],
  ['127.0.0.1', ['stoa.example.com'], false],
  ['127.0.0.1', ['other.example.net'], true],
  ['0.0.0.0', undefined, true],
  ['0.0.0.0', ['stoa.example.com'], true],
])('what is scraped on %s, with the names %s, is open to others: %s', (host, names, isOpen) => {
  expect(createLoopbackGuard({ host, names })('other.example.net')).toBe(isOpen)
})
