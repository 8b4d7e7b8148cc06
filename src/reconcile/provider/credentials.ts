// The Secrets of DNSProviders, as providers ask for them.
import type { DNSProvider } from '../../api/kinds.ts'
import { TerminalError, TransientError } from '../../model/errors.ts'
import type { ReadSecret } from '../../providers/create-provider.ts'
import type { StoreReader } from '../../store/store.ts'
import { refText } from '../object-keys.ts'

type Values = ReadonlyMap<string, string>

export class Credentials {
  readonly #store: Pick<StoreReader, 'get' | 'secret'>

  constructor(store: Pick<StoreReader, 'get' | 'secret'>) {
    this.#store = store
  }

  /**
   * Reads the Secret as it is whenever it is asked, so that a rotation is live. Where both are deleted together, as with the application
   * that holds them, what was read last serves to clean up.
   */
  readerFor({ spec, metadata }: DNSProvider): ReadSecret | undefined {
    const name = spec.credentialsSecretRef?.name
    if (name === undefined) return undefined
    const ref = refText({ namespace: metadata.namespace, name })
    // Kept for as long as the provider asks, and no longer.
    let lastRead: Values | undefined
    return (key) => {
      const lookup = this.#store.secret({ namespace: metadata.namespace, name })
      if (lookup.kind === 'unknown' || lookup.kind === 'unread')
        throw new TransientError('ProviderUnavailable', lookup.message)
      if (lookup.kind === 'found') lastRead = lookup.values
      const values = lookup.kind === 'found' || this.#isLeaving(metadata) ? lastRead : undefined
      const value = values?.get(key)
      if (value !== undefined && value !== '') return value
      if (values === undefined)
        throw new TerminalError('SecretNotFound', `Secret ${ref} does not exist: create it with the key ${key}`)
      throw new TerminalError(
        'CredentialsInvalid',
        value === ''
          ? `Secret ${ref} holds nothing under the key ${key}: put the value there`
          : `Secret ${ref} has no key ${key}: create it with the key ${key}`,
      )
    }
  }

  #isLeaving(provider: DNSProvider['metadata']): boolean {
    return this.#store.get('DNSProvider', provider)?.metadata.deletionTimestamp !== undefined
  }
}
