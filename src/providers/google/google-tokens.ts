// Access tokens by Google's own library: for a service account key, or from wherever the machine has its credentials.
import { findProxyError } from '../../egress/open-tunnel.ts'
import { adviseOnFailure } from '../../model/describe-failure.ts'
import { TerminalError, type ReconcileError } from '../../model/errors.ts'
import { untilAborted } from '../../model/until-aborted.ts'
import type { TokenSource } from '../http/access-token.ts'
import { NoTokenError } from '../http/http-client.ts'
import type { CredentialOptions, FetchToken, ServiceAccount } from './google-credentials.ts'

/** Google tells a clock that is off by the words only: "a short-lived token (60 minutes) and in a reasonable timeframe". */
const WRONG_TIME = /\breasonable timeframe\b/i

export interface GoogleTokenOptions extends CredentialOptions {
  /** The key file of a service account; asked for every call. Undefined: Google's application default credentials. */
  readonly serviceAccountJSON?: () => string
}

export function createGoogleTokens(options: GoogleTokenOptions): TokenSource {
  let made: { readonly key: string | undefined; readonly fetchToken: Promise<FetchToken> } | undefined

  return {
    async get(signal) {
      const key = options.serviceAccountJSON?.()
      // The library keeps a token until it expires: another key means another client.
      if (made === undefined || made.key !== key) made = { key, fetchToken: makeClient(key, options) }
      const { fetchToken } = made
      try {
        const token = await untilAborted(
          fetchToken.then((fetch) => fetch()),
          signal,
        )
        if (typeof token === 'string' && token !== '') return token
        throw new NoTokenError('ProviderUnavailable', 'Google gave no access token')
      } catch (error) {
        made = undefined
        throw classify(error)
      }
    },
    forget() {
      made = undefined
    },
  }
}

async function makeClient(key: string | undefined, options: GoogleTokenOptions): Promise<FetchToken> {
  const account = key === undefined ? undefined : parseServiceAccount(key)
  const { openCredentials } = await import('./google-credentials.ts')
  return openCredentials(account, options)
}

/** Only keys: other kinds of credential files name addresses and programs of their own, which a Secret must not choose. */
function parseServiceAccount(text: string): ServiceAccount {
  const file = parseObject(text)
  const { type, client_email: email, private_key: key } = file
  if (type === 'service_account' && typeof email === 'string' && typeof key === 'string') return { email, key }
  throw new TerminalError(
    'CredentialsInvalid',
    '`serviceAccountJSON` in the Secret is no key file of a Google service account (type, client_email, private_key)',
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

function classify(error: unknown): ReconcileError {
  if (error instanceof TerminalError || error instanceof NoTokenError) return error
  const atProxy = findProxyError(error)
  if (atProxy !== undefined) {
    return new NoTokenError('ProviderUnavailable', `Google cannot be asked for an access token: ${atProxy.message}`)
  }
  const { message, code, status } = (error ?? {}) as Failure
  if (message?.startsWith('Could not load the default credentials') === true) {
    return new TerminalError(
      'CredentialsInvalid',
      'there are no Google credentials: put `serviceAccountJSON` into the Secret, or give the pod a Google service account',
    )
  }
  const unreadable = typeof code === 'string' && code.startsWith('ERR_OSSL')
  if (unreadable) return refusal('its private_key cannot be read')
  if (isRefusal(status)) return classifyRefusal(message)
  // Without the cause: it carries the signed request.
  const what =
    typeof code === 'string' ? adviseOnFailure(error) : typeof status === 'number' ? `status ${status}` : 'no answer'
  return new NoTokenError('ProviderUnavailable', `Google gave no access token (${what})`)
}

function classifyRefusal(message = ''): ReconcileError {
  if (!WRONG_TIME.test(message)) return refusal(message)
  return new NoTokenError('ClockSkew', 'Google refused the time of the signature; check the clock of this machine')
}

function refusal(why: string): TerminalError {
  return new TerminalError(
    'CredentialsInvalid',
    `Google refused the service account (${why}); make a new key and put it into the Secret as \`serviceAccountJSON\``,
  )
}

interface Failure {
  readonly message?: string
  readonly code?: unknown
  readonly status?: unknown
}

function isRefusal(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429
}
