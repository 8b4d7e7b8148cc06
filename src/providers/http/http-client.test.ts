import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpFake, type FakeAnswer } from '../../../test/fakes/http-fake.ts'
import { heldBy } from '../../../test/support/held-by.ts'
import type { Lesson } from '../call-gate.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import { HttpClient, NoTokenError } from './http-client.ts'

const never = new AbortController().signal
const call = { method: 'GET', path: 'zones' } as const

describe('an HTTP client', () => {
  let fake: HttpFake
  let answer: FakeAnswer
  let token: string
  let secret: () => string
  let lessons: Lesson[]
  let client: HttpClient

  beforeEach(async () => {
    answer = { status: 200, body: '{}' }
    token = 'hush-hush'
    secret = () => token
    lessons = []
    fake = await HttpFake.start(() => answer)
    client = new HttpClient({
      name: 'Gandi',
      endpoint: fake.url,
      headers: () => ({ authorization: `Bearer ${secret()}` }),
      timeoutMs: 1_500,
      gate: { admit: () => Promise.resolve(), settle: (lesson) => void lessons.push(lesson) },
    })
  })
  afterEach(async () => {
    await client.close()
    await fake.stop()
  })

  it.each([
    ['refuse', 'connection closed early; if it stays so, see its log and what is on the way to it'],
    ['hang', 'no answer within 1.5 s'],
  ] as const)('says in words what became of a connection that ends with %s', async (kind, words) => {
    fake.fail({ kind })
    await expect(client.send(call, never)).rejects.toThrow(`Gandi did not answer GET (${words})`)
  })

  it('takes what is not JSON for an answer that was lost', async () => {
    answer = { status: 200, body: '<html>request id 12345</html>' }
    const got = await client.send(call, never)
    expect(() => client.parseJson(got)).toThrow(
      expect.objectContaining({
        kind: 'transient',
        reason: 'ProviderUnavailable',
        message: 'Gandi sent an answer that is not JSON',
      }),
    )
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('unpacks an answer that came as %s though nobody asked for it', async (encoding, pack) => {
    answer = { status: 200, headers: { 'content-encoding': encoding }, body: pack('{"zones":["example.com"]}') }
    expect(client.parseJson(await client.send(call, never))).toEqual({ zones: ['example.com'] })
  })

  it('unpacks no more than it would read', async () => {
    answer = { status: 200, headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(65 * 1024 * 1024)) }
    await expect(client.send(call, never)).rejects.toMatchObject({ kind: 'transient', reason: 'ProviderUnavailable' })
  })

  it('says of credentials that cannot be read just now what is the matter, and asks nobody', async () => {
    secret = () => {
      throw new TransientError('ProviderUnavailable', 'Secret default/dns-token has not been read yet')
    }
    const error: unknown = await client.send(call, never).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NoTokenError)
    expect(error).toMatchObject({ message: 'Secret default/dns-token has not been read yet' })
    expect(fake.calls).toEqual([])
    expect(lessons).toEqual([{ kind: 'unsent' }])
  })

  it.each([
    ['a Secret that is missing', new TerminalError('SecretNotFound', 'Secret dns/token does not exist'), 'unsent'],
    ['a token service that is away', new NoTokenError('ProviderUnavailable', 'Google gave no access token'), 'failed'],
  ])('learns from %s: %j %s', async (_what, error, kind) => {
    secret = () => {
      throw error
    }
    await expect(client.send(call, never)).rejects.toBe(error)
    expect(lessons).toEqual([{ kind }])
  })

  it('does not follow a redirect, with its credentials or without', async () => {
    const elsewhere = await HttpFake.start(() => ({ status: 200 }))
    answer = { status: 307, headers: { location: `${elsewhere.url}/zones` } }
    await expect(client.sendOk(call, never)).rejects.toMatchObject({
      kind: 'terminal',
      message: 'Gandi redirects (307); check the endpoint in the spec',
    })
    expect(elsewhere.calls).toEqual([])
    await elsewhere.stop()
  })

  it('says that a token with a line break cannot be sent, and does not say the token', async () => {
    token = 'hush-hush\n'
    const error: unknown = await client.send(call, never).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'terminal', reason: 'CredentialsInvalid' })
    expect(String(error)).toContain('line break')
    expect(String(error)).not.toContain('hush')
    expect(fake.calls).toEqual([])
  })

  it.each([
    [503, '7', { kind: 'throttled', afterMs: 7_000 }],
    [503, '', { kind: 'failed' }],
    [429, 'Fri, 01 Jan 2027 00:01:30 GMT', { kind: 'throttled', afterMs: 90_000 }],
    [503, 'Fri, 01 Jan 2027 00:00:07 GMT', { kind: 'throttled', afterMs: 7_000 }],
    [429, 'Sat, 01 Jan 2028 00:00:00 GMT', { kind: 'throttled', afterMs: 3_600_000 }],
    [429, 'Fri, 01 Jan 2027 00:00:00 GMT', { kind: 'throttled', afterMs: 0 }],
    [429, 'Thu, 31 Dec 2026 23:00:00 GMT', { kind: 'throttled', afterMs: 0 }],
    [429, 'tomorrow', { kind: 'throttled', afterMs: 30_000 }],
    [503, '-5', { kind: 'failed' }],
    [429, '5', { kind: 'throttled', afterMs: 5_000 }],
    [429, '999999', { kind: 'throttled', afterMs: 3_600_000 }],
  ])('learns from %i with Retry-After %j', async (status, retryAfter, lesson) => {
    answer = { status, headers: { 'retry-after': retryAfter, date: 'Fri, 01 Jan 2027 00:00:00 GMT' } }
    await client.send(call, never)
    expect(lessons).toEqual([lesson])
  })

  it('learns nothing from a date whose clock is not known', async () => {
    answer = { status: 503, headers: { 'retry-after': 'Fri, 01 Jan 2027 00:01:30 GMT', date: 'now' } }
    await client.send(call, never)
    expect(lessons).toEqual([{ kind: 'failed' }])
  })

  it('leaves nothing behind on a signal that outlives the call', async () => {
    const { signal } = new AbortController()
    await client.send(call, signal)
    expect(heldBy(signal)).toBe(0)
  })
})
