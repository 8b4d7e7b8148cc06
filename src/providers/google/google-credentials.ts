// The part that loads Google's library, and so is itself loaded on first use only. (The library is CommonJS: imported by name from
// a file of its own, it can become a chunk of the bundle; imported dynamically, its names would be lost there.)
import { gaxios, GoogleAuth, JWT } from 'google-auth-library'
import { createFetch } from '../../egress/create-fetch.ts'
import type { Egress } from '../../egress/egress.ts'

const SCOPES = ['https://www.googleapis.com/auth/ndev.clouddns.readwrite']

export interface ServiceAccount {
  readonly email: string
  readonly key: string
}

export interface CredentialOptions {
  readonly project: string
  readonly timeoutMs: number
  readonly egress?: Egress | undefined
  /** What the library fetches with; its own when left out and there is no egress. */
  readonly fetch?: typeof fetch
}

export type FetchToken = () => Promise<string | null | undefined>

/** `account` undefined: Google's application default credentials. */
export function openCredentials(account: ServiceAccount | undefined, options: CredentialOptions): FetchToken {
  const { project, timeoutMs, egress } = options
  const fetch = options.fetch ?? (egress === undefined ? undefined : createFetch(egress, timeoutMs))
  // By this one the library asks the metadata service of the machine, which it would ask through a proxy.
  if (egress !== undefined && fetch !== undefined) gaxios.instance.defaults.fetchImplementation = fetch
  const transporterOptions = {
    // Trying again is for our own queue, which knows when.
    retryConfig: { retry: 0 },
    timeout: timeoutMs,
    ...(fetch === undefined ? {} : { fetchImplementation: fetch }),
  }
  if (account === undefined) {
    // Without a project the library goes looking for one, by the network and by other programs.
    const auth = new GoogleAuth({ projectId: project, scopes: SCOPES, clientOptions: { transporterOptions } })
    return () => auth.getAccessToken()
  }
  const client = new JWT({ ...account, scopes: SCOPES, transporterOptions })
  return async () => (await client.getAccessToken()).token
}
