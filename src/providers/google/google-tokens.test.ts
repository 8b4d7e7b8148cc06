import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { GoogleFake } from '../../../test/fakes/google-fake.ts'
import { OPEN_GATE } from '../call-gate.ts'
import { createGoogleProvider } from './google-provider.ts'
import { createGoogleTokens } from './google-tokens.ts'
import { zone, ownership, signal } from '../../../test/support/google-bench.ts'

describe('access tokens of Google', () => {
  const project = 'test-project'
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const keyFile = (email: string): string =>
    JSON.stringify({ type: 'service_account', client_email: email, private_key: privateKey })

  /** Stands for Google's token service: gives tokens named after the account, and counts. */
  function tokenService(answer?: () => Response): { fetch: typeof fetch; asked: string[] } {
    const asked: string[] = []
    return {
      asked,
      fetch: (input, init) => {
        const form = init?.body as URLSearchParams
        const [, claims = ''] = (form.get('assertion') ?? '').split('.')
        const { iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iss: string }
        asked.push(`${new URL(input instanceof Request ? input.url : input).host} ${iss}`)
        return Promise.resolve(answer?.() ?? Response.json({ access_token: `token of ${iss}`, expires_in: 3600 }))
      },
    }
  }

  it('are fetched once for a service account, and again when the Secret changes or a token was refused', async () => {
    const service = tokenService()
    let email = 'a@test.example'
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => keyFile(email),
      timeoutMs: 2000,
      fetch: service.fetch,
    })
    expect(await tokens.get(signal)).toBe('token of a@test.example')
    await tokens.get(signal)
    expect(service.asked).toEqual(['oauth2.googleapis.com a@test.example'])
    email = 'b@test.example'
    expect(await tokens.get(signal)).toBe('token of b@test.example')
    tokens.forget()
    await tokens.get(signal)
    expect(service.asked).toHaveLength(3)
  })

  it.each([
    ['{}', 'no key file'],
    ['not json', 'no key file'],
    [JSON.stringify({ type: 'external_account', credential_source: { executable: {} } }), 'no key file'],
    [
      JSON.stringify({ type: 'service_account', client_email: 'a@test.example', private_key: 'garbage' }),
      'cannot be read',
    ],
  ])('need a key file that is one: %s', async (text, why) => {
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => text,
      timeoutMs: 2000,
      fetch: tokenService().fetch,
    })
    await expect(tokens.get(signal)).rejects.toMatchObject({
      kind: 'terminal',
      reason: 'CredentialsInvalid',
      message: expect.stringContaining(why) as string,
    })
  })

  it('that are refused for good say why, without the key', async () => {
    const body = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
    const service = tokenService(() => Response.json(body, { status: 400 }))
    const tokens = createGoogleTokens({
      project,
      serviceAccountJSON: () => keyFile('a@test.example'),
      timeoutMs: 2000,
      fetch: service.fetch,
    })
    const error: unknown = await tokens.get(signal).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      reason: 'CredentialsInvalid',
      message: expect.stringContaining('invalid_grant') as string,
    })
    expect(String(error)).not.toContain('PRIVATE KEY')
  })

  it('that are refused because of the clock are no fault of the key', async () => {
    const error_description =
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'
    const service = tokenService(() => Response.json({ error: 'invalid_grant', error_description }, { status: 400 }))
    const serviceAccountJSON = (): string => keyFile('a@test.example')
    const tokens = createGoogleTokens({ project, serviceAccountJSON, timeoutMs: 2000, fetch: service.fetch })
    await expect(tokens.get(signal)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'ClockSkew',
      message: 'Google refused the time of the signature; check the clock of this machine',
    })
  })

  it('that cannot be had now may be had later, and nothing was asked of the provider', async () => {
    let answer = Response.json({ access_token: 'google-test-token', expires_in: 0 })
    const service = tokenService(() => answer)
    const serviceAccountJSON = (): string => keyFile('a@test.example')
    const tokens = createGoogleTokens({ project, serviceAccountJSON, timeoutMs: 2000, fetch: service.fetch })
    const fake = await GoogleFake.start(zone)
    const endpoint = `${fake.http.url}/dns/v1`
    const provider = createGoogleProvider({ project: fake.project, endpoint, ownership, gate: OPEN_GATE }, tokens)
    await expect(provider.listZones(signal)).resolves.toEqual([zone])
    tokens.forget()
    answer = Response.json({}, { status: 503 })
    await expect(provider.listZones(signal)).rejects.toMatchObject({ kind: 'transient' })
    expect(service.asked).toHaveLength(2)
    expect(fake.http.calls).toHaveLength(1)
    await fake.http.stop()
  })

  it('come from the machine’s own credentials when the Secret has none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-google-'))
    const file = join(folder, 'key.json')
    await writeFile(file, keyFile('default@test.example'))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
    const tokens = createGoogleTokens({ project, timeoutMs: 2000, fetch: tokenService().fetch })
    expect(await tokens.get(signal)).toBe('token of default@test.example')
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  it('that never come are not waited for', async () => {
    const fetch = (): Promise<Response> => new Promise(() => undefined)
    const serviceAccountJSON = (): string => keyFile('a@test.example')
    const tokens = createGoogleTokens({ project, serviceAccountJSON, timeoutMs: 2000, fetch })
    const options = { project, endpoint: 'http://127.0.0.1:9', ownership, gate: OPEN_GATE, timeoutMs: 50 }
    const provider = createGoogleProvider(options, tokens)
    await expect(provider.listZones(signal)).rejects.toMatchObject({
      message: expect.stringContaining('token') as string,
    })
    await expect(provider.listZones(AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
  })
})
