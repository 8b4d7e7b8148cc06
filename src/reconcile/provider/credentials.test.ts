import { describe, expect, it } from 'vitest'
import { PROVIDER } from '../../../test/support/engine-bench.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import { MemoryStore } from '../../../test/fakes/memory-store.ts'
import type { DNSProvider } from '../../api/kinds.ts'
import { Credentials } from './credentials.ts'

const MAIN = { namespace: 'web', name: 'main' }
const TOKEN = { namespace: 'web', name: 'token' }

function start(): { readonly store: MemoryStore; readonly read: (key: string) => string } {
  const store = new MemoryStore(new SimulatedClock(0))
  store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, credentialsSecretRef: { name: 'token' } } })
  store.putSecret(TOKEN, { token: 'first' })
  const provider = store.get('DNSProvider', MAIN)
  const read = new Credentials(store).readerFor(provider?.resource as DNSProvider)
  if (read === undefined) throw new Error('the provider names a Secret')
  return { store, read }
}

describe('the credentials of a provider', () => {
  it('are the Secret as it is', () => {
    const { store, read } = start()
    expect(read('token')).toBe('first')
    store.putSecret(TOKEN, { token: 'second' })
    expect(read('token')).toBe('second')
    expect(() => read('key')).toThrow('Secret web/token has no key key: create it with the key key')
  })

  it('are not there while the key holds nothing, and the key is what is named', () => {
    const { store, read } = start()
    store.putSecret(TOKEN, { token: '' })
    expect(() => read('token')).toThrow('Secret web/token holds nothing under the key token: put the value there')
  })

  it('are gone with the Secret: that is how somebody takes them away', () => {
    const { store, read } = start()
    read('token')
    store.removeSecret(TOKEN)
    expect(() => read('token')).toThrow('Secret web/token does not exist')
  })

  it('serve to clean up when Secret and DNSProvider are deleted together', async () => {
    const { store, read } = start()
    read('token')
    const { metadata } = store.get('DNSProvider', MAIN) ?? PROVIDER
    await store.setFinalizer('DNSProvider', metadata as DNSProvider['metadata'], true, new AbortController().signal)
    store.delete('DNSProvider', MAIN)
    store.removeSecret(TOKEN)
    expect(read('token')).toBe('first')
  })
})
