import { describe, expect, it } from 'vitest'
import { parseNoProxy } from './no-proxy.ts'

describe('NO_PROXY', () => {
  it.each<[string, string, number, boolean]>([
    ['', 'api.example.com', 443, false],
    ['*', 'api.example.com', 443, true],
    ['example.com', 'example.com', 443, true],
    ['example.com', 'API.example.com.', 443, true],
    ['example.com', 'notexample.com', 443, false],
    ['.example.com', 'api.example.com', 443, true],
    ['.example.com', 'example.com', 443, false],
    ['*.example.com', 'a.b.example.com', 443, true],
    ['*.example.com', 'example.com', 443, false],
    ['one.test, EXAMPLE.com ,two.test', 'example.com', 443, true],
    ['one.test example.com', 'example.com', 443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['example.com:8443', 'api.example.com', 8443, true],
    ['10.96.0.1', '10.96.0.1', 443, true],
    ['10.96.0.1:6443', '10.96.0.1', 443, false],
    ['10.96.0.0/12', '10.96.0.1', 443, true],
    ['10.96.0.0/12', '10.128.0.1', 443, false],
    ['10.96.0.0/12', 'ten.example.com', 443, false],
    ['fd00::/8', 'fd00::1', 443, true],
    ['fd00:0:0::1', 'fd00::1', 443, true],
    ['[fd00::1]:6443', 'fd00::1', 6443, true],
    ['[fd00::1]:6443', 'fd00::1', 443, false],
    [',,', 'example.com', 443, false],
    ['.', 'example.com', 443, false],
  ])('of %j, is %s:%i exempt? %s', (text, host, port, isExempt) => {
    expect(parseNoProxy(text)({ host, port })).toBe(isExempt)
  })

  it.each(['localhost', '127.0.0.1', '127.8.9.1', '::1'])('need not name %s', (host) => {
    expect(parseNoProxy('')({ host, port: 443 })).toBe(true)
  })
})
