import { describe, expect, it } from 'vitest'
import { parseEndpoint } from './endpoint.ts'

describe('a custom endpoint', () => {
  it.each([
    ['https://api.example.com/client/v4', 'https://api.example.com/client/v4/'],
    ['https://api.example.com', 'https://api.example.com/'],
    ['http://127.0.0.1:8081/api/', 'http://127.0.0.1:8081/api/'],
    ['http://[::1]:8081', 'http://[::1]:8081/'],
    ['http://localhost:8888', 'http://localhost:8888/'],
    ['http://pdns:8081', 'http://pdns:8081/'],
    ['http://pdns.dns.svc:8081', 'http://pdns.dns.svc:8081/'],
    ['http://pdns.dns.svc.cluster.local:8081', 'http://pdns.dns.svc.cluster.local:8081/'],
  ])('%s may be used', (text, url) => {
    expect(parseEndpoint(text).href).toBe(url)
  })

  it.each([
    ['http://api.example.com', 'unencrypted'],
    ['http://127.0.0.1.example.com', 'unencrypted'],
    ['http://svc.example.com', 'unencrypted'],
    ['ftp://pdns/', 'unencrypted'],
    ['file:///etc/passwd', 'unencrypted'],
    ['https://user:secret@api.example.com', 'must not hold a user or password'],
    ['https://api.example.com/?key=1', 'must not hold a query'],
    ['api.example.com', 'is not a URL'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => parseEndpoint(text)).toThrow(why)
  })

  it('never repeats a password that was put into it', () => {
    expect(() => parseEndpoint('https://user:hunter2@api.example.com')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string }) as Error,
    )
  })
})
