// Access tokens by Azure's own library: for an application with a secret, or from wherever the machine has its credentials.
import type { TokenCredential } from '@azure/identity'
import { createFetch } from '../../egress/create-fetch.ts'
import type { Egress } from '../../egress/egress.ts'
import { findProxyError, type ProxyError } from '../../egress/open-tunnel.ts'
import { TerminalError, type ReconcileError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import { untilAborted } from '../../model/until-aborted.ts'
import type { TokenSource } from '../http/access-token.ts'
import { NoTokenError } from '../http/http-client.ts'
import { createAzureTransport } from './azure-transport.ts'

const SCOPE = 'https://management.azure.com/.default'
/** What Entra ID calls a refusal that only a person can mend. */
const REFUSED = /^(?:invalid_\w+|unauthorized_client|access_denied)\b/
const CODE = /\bAADSTS\d+\b/

/** An application registered with Entra ID. */
export interface AzureApplication {
  readonly clientID: string
  readonly clientSecret: string
}

export interface AzureTokenOptions {
  readonly tenantID: string
  /** Asked for every call. Undefined: the library's default chain (environment, workload identity, managed identity, …). */
  readonly application?: () => AzureApplication
  readonly egress?: Egress | undefined
  readonly timeoutMs?: number
  /** More settings of the library's clients; a test hands in what carries their requests. */
  readonly clientOptions?: object
}

export function createAzureTokens(options: AzureTokenOptions): TokenSource {
  let made: { readonly key: string; readonly credential: Promise<TokenCredential> } | undefined
  // The library makes errors of its own of those of its transport, and leaves out whose they were.
  let atProxy: ProxyError | undefined
  const clientOptions = { ...transportOf(options, (refusal) => (atProxy = refusal)), ...options.clientOptions }

  return {
    async get(signal) {
      const application = options.application?.()
      // The library keeps a token until it expires: another secret means another credential.
      const key = JSON.stringify(application ?? null)
      if (made?.key !== key) made = { key, credential: makeCredential(application, { ...options, clientOptions }) }
      const { credential } = made
      atProxy = undefined
      try {
        const fetchToken = async (): Promise<string | undefined> =>
          (await (await credential).getToken(SCOPE, { abortSignal: signal }))?.token
        const token = await untilAborted(fetchToken(), signal)
        if (token !== undefined && token !== '') return token
        throw new NoTokenError('ProviderUnavailable', 'Entra ID gave no access token')
      } catch (error) {
        made = undefined
        throw atProxy === undefined ? classify(error) : unreachable(atProxy)
      }
    },
    forget() {
      made = undefined
    },
  }
}

/** Without an egress, that of the library. */
function transportOf(
  { egress, timeoutMs = LONGEST_CALL_MS }: AzureTokenOptions,
  onRefusal: (refusal: ProxyError | undefined) => void,
): object {
  if (egress === undefined) return {}
  const fetchBy = createFetch(egress, timeoutMs)
  const httpClient = createAzureTransport(async (...call) => {
    try {
      return await fetchBy(...call)
    } catch (error) {
      onRefusal(findProxyError(error))
      throw error
    }
  })
  return { httpClient }
}

function unreachable({ message }: ProxyError): NoTokenError {
  return new NoTokenError('ProviderUnavailable', `Entra ID cannot be asked for an access token: ${message}`)
}

async function makeCredential(
  application: AzureApplication | undefined,
  { tenantID, clientOptions }: AzureTokenOptions,
): Promise<TokenCredential> {
  const { ClientSecretCredential, DefaultAzureCredential } = await import('@azure/identity')
  // Trying again is for our own queue, which knows when.
  const settings = { ...clientOptions, retryOptions: { maxRetries: 0 } }
  if (application === undefined)
    return new DefaultAzureCredential({ ...settings, ...(tenantID === '' ? {} : { tenantId: tenantID }) })
  if (tenantID === '') {
    throw new TerminalError(
      'InvalidSpec',
      'an application with a client secret belongs to a tenant: set spec.azure.tenantID',
    )
  }
  return new ClientSecretCredential(tenantID, application.clientID, application.clientSecret, settings)
}

/** The library's messages hold times and trace ids: only the codes are told on. */
function classify(error: unknown): ReconcileError {
  if (error instanceof TerminalError || error instanceof NoTokenError) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const codes = [REFUSED.exec(message)?.[0], CODE.exec(message)?.[0]].filter((code) => code !== undefined)
  if (codes.length > 0) {
    return new TerminalError(
      'CredentialsInvalid',
      `Entra ID refused the application (${codes.join(', ')}); check spec.azure.tenantID, and \`clientID\` and \`clientSecret\` in ` +
        'the Secret: client secrets expire',
    )
  }
  if (name === 'CredentialUnavailableError' || name === 'AggregateAuthenticationError') {
    return new TerminalError(
      'CredentialsInvalid',
      'there are no Azure credentials: put `clientID` and `clientSecret` into the Secret, or give the pod a workload or managed identity',
    )
  }
  const what = /^[a-z_]+(?=:)/.exec(message)?.[0] ?? 'no answer'
  return new NoTokenError('ProviderUnavailable', `Entra ID gave no access token (${what})`)
}
