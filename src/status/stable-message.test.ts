import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stableMessage, trimAtWord } from './stable-message.ts'

describe('stableMessage', () => {
  it.each([
    ['plain text stays: the zone is not there', 'plain text stays: the zone is not there'],
    [
      'Rate exceeded (Service: Route53, Status Code: 400, Request ID: 4b8e7f0c-11d2-4c8a-9c39-000000000000)',
      'Rate exceeded (Service: Route53, Status Code: 400)',
    ],
    ['AccessDenied, RequestId: ABC123+/=', 'AccessDenied'],
    ['denied (x-amzn-requestid=abc)', 'denied'],
    ['server error [cf-ray: 8c1f-FRA], try later', 'server error, try later'],
    [
      'AADSTS7000215: Invalid client secret. Trace ID: 00000000-0000-4000-8000-000000000000 Correlation ID: 1a-2b Timestamp: 2026-11-21 03:08:53Z',
      'AADSTS7000215: Invalid client secret.',
    ],
    ['{"code":500,"request_id":"abc"}', '{"code":500}'],
    ['token expired at 2026-11-21T03:08:53Z for good', 'token expired at for good'],
    ['several\nlines\tof   text', 'several lines of text'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['the request identifies nothing, the date is fine', 'the request identifies nothing, the date is fine'],
  ])('%j reads %j', (text, stable) => {
    expect(stableMessage(text)).toBe(stable)
  })

  it('does not depend on the id, and is stable when applied again', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9-]{1,36}$/)
    fc.assert(
      fc.property(id, id, (one, other) => {
        const text = (of: string): string => `throttled (request id: ${of}), slow down`
        expect(stableMessage(text(one))).toBe(stableMessage(text(other)))
        expect(stableMessage(stableMessage(text(one)))).toBe(stableMessage(text(one)))
      }),
    )
  })

  it('takes hostile text without delay', () => {
    expect(stableMessage(`${', '.repeat(2_000_000)}x`).length).toBeLessThan(1025)
    expect(stableMessage('request id '.repeat(100_000)).length).toBeLessThan(1025)
  })

  it('is never longer than a condition takes', () => {
    expect(stableMessage('word '.repeat(1000))).toHaveLength(1020)
    expect(stableMessage('x'.repeat(5000))).toHaveLength(1024)
  })
})

describe('trimAtWord', () => {
  it('leaves what fits, and cuts at a word else', () => {
    expect(trimAtWord('a b c', 5)).toBe('a b c')
    expect(trimAtWord('alpha beta gamma', 12)).toBe('alpha beta…')
    expect(trimAtWord('alphabetagamma', 6)).toBe('alpha…')
  })

  it('leaves no half of a character', () => {
    expect(trimAtWord('abc😀def', 5)).toBe('abc…')
    expect(trimAtWord('abc😀def', 6)).toBe('abc😀…')
  })
})
