// What carries the requests of Azure's own library: `fetch`, in the form that the library has for such things.
import type { ClientSecretCredentialOptions } from '@azure/identity'

export type AzureTransport = NonNullable<ClientSecretCredentialOptions['httpClient']>
type Answer = Awaited<ReturnType<AzureTransport['sendRequest']>>

export function createAzureTransport(fetchBy: typeof fetch): AzureTransport {
  return {
    async sendRequest(request): Promise<Answer> {
      const { url, method, headers, abortSignal } = request
      const answer = await fetchBy(url, {
        ...{ method, headers: headers.toJSON(), redirect: 'manual' },
        // Tokens are asked for by a form, which is a text.
        ...(typeof request.body === 'string' && { body: request.body }),
        ...(abortSignal !== undefined && { signal: abortSignal as AbortSignal }),
      })
      const answered = Object.assign(answer.headers, { toJSON: () => Object.fromEntries(answer.headers) })
      const bodyAsText = await answer.text()
      return { request, status: answer.status, headers: answered as unknown as Answer['headers'], bodyAsText }
    },
  }
}
