import type { ClientSecretCredentialOptions } from '@azure/identity'
import { describe, expect, it, vi } from 'vitest'
import { OPEN_GATE } from '../call-gate.ts'
import { createAzureProvider } from './azure-provider.ts'
import { createAzureTokens, type AzureTokenOptions } from './azure-tokens.ts'
import { inMetadata, signal } from '../../../test/support/azure-bench.ts'

type HttpClient = NonNullable<ClientSecretCredentialOptions['httpClient']>
type HttpRequest = Parameters<HttpClient['sendRequest']>[0]

describe('access tokens of Azure', () => {
  /** Stands for Entra ID: gives tokens named after the application, and counts. */
  function entraID(answer?: { readonly status: number; readonly body: object }): {
    client: HttpClient
    asked: string[]
  } {
    const asked: string[] = []
    const sendRequest = (request: HttpRequest): ReturnType<HttpClient['sendRequest']> => {
      const clientID = new URLSearchParams(request.body as string).get('client_id') ?? ''
      asked.push(`${new URL(request.url).pathname} ${clientID}`)
      const body = answer?.body ?? { access_token: `token of ${clientID}`, expires_in: 3600, token_type: 'Bearer' }
      return Promise.resolve({
        request,
        status: answer?.status ?? 200,
        headers: request.headers,
        bodyAsText: JSON.stringify(body),
      })
    }
    return { client: { sendRequest }, asked }
  }

  const openTokens = (
    service: ReturnType<typeof entraID>,
    more: Partial<AzureTokenOptions> = {},
  ): ReturnType<typeof createAzureTokens> =>
    createAzureTokens({
      tenantID: 'tenant-1',
      application: () => ({ clientID: 'app-a', clientSecret: 'hunter2' }),
      clientOptions: { httpClient: service.client },
      ...more,
    })

  it('are fetched once for an application, and again when the Secret changes or a token was refused', async () => {
    const service = entraID()
    let clientID = 'app-a'
    const tokens = openTokens(service, { application: () => ({ clientID, clientSecret: 'hunter2' }) })
    expect(await tokens.get(signal)).toBe('token of app-a')
    await tokens.get(signal)
    expect(service.asked).toEqual(['/tenant-1/oauth2/v2.0/token app-a'])
    clientID = 'app-b'
    expect(await tokens.get(signal)).toBe('token of app-b')
    tokens.forget()
    await tokens.get(signal)
    expect(service.asked).toHaveLength(3)
  })

  it('that are refused for good say the codes, without secret, time or trace', async () => {
    const body = {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: 5ca1 Timestamp: 2026-11-21',
    }
    const error: unknown = await openTokens(entraID({ status: 401, body }))
      .get(signal)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      kind: 'terminal',
      reason: 'CredentialsInvalid',
      message: expect.stringContaining('(invalid_client, AADSTS7000215)') as string,
    })
    expect(String(error)).not.toMatch(/hunter2|5ca1|2026/)
  })

  it('that cannot be had now may be had later', async () => {
    const service = entraID({ status: 503, body: {} })
    await expect(openTokens(service).get(signal)).rejects.toMatchObject({ kind: 'transient' })
    expect(service.asked).toHaveLength(1)
  })

  it('for an application need its tenant', async () => {
    await expect(openTokens(entraID(), { tenantID: '' }).get(signal)).rejects.toMatchObject({
      reason: 'InvalidSpec',
      message: expect.stringContaining('spec.azure.tenantID') as string,
    })
  })

  it('come from the machine’s own credentials when the Secret has none', async () => {
    vi.stubEnv('AZURE_TENANT_ID', 'tenant-2')
    vi.stubEnv('AZURE_CLIENT_ID', 'app-default')
    vi.stubEnv('AZURE_CLIENT_SECRET', 'hunter2')
    const service = entraID()
    const { application: _, ...options } = {
      tenantID: '',
      application: undefined,
      clientOptions: { httpClient: service.client },
    }
    expect(await createAzureTokens(options).get(signal)).toBe('token of app-default')
    vi.unstubAllEnvs()
  })

  it('that never come are not waited for', async () => {
    const client: HttpClient = { sendRequest: () => new Promise(() => undefined) }
    const ids = { subscriptionID: 'a', resourceGroup: 'b', tenantID: '' }
    const options = { ...ids, endpoint: 'http://127.0.0.1:9', ownership: inMetadata, gate: OPEN_GATE, timeoutMs: 50 }
    const provider = createAzureProvider(options, openTokens({ client, asked: [] }))
    await expect(provider.listZones(signal)).rejects.toMatchObject({
      message: expect.stringContaining('token') as string,
    })
    await expect(provider.listZones(AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
  })
})
