// What becomes of a zone that cannot be opened, and when it is tried again.
import { describe, expect, it } from 'vitest'
import type { MemoryStore } from '../../test/fakes/memory-store.ts'
import { MemoryZone } from '../../test/fakes/memory-zone.ts'
import { PROVIDER, recordFor, startEngine, type EngineBench } from '../../test/support/engine-bench.ts'
import { TerminalError } from '../model/errors.ts'

const MAIN = { namespace: 'web', name: 'main' }
const never = new AbortController().signal

describe('a zone that cannot be opened', () => {
  const TSIG = { namespace: 'web', name: 'tsig' }
  const cures: readonly [string, (store: MemoryStore, text: string) => void][] = [
    ['its Secret is another', (store, text) => store.putSecret(TSIG, { tsigSecret: text })],
    ['asked', (store, text) => store.annotate('DNSProvider', MAIN, { 'dns.stoa.dev/requestedAt': text })],
  ]

  /** Its zones are listed without a call, and opening one has failed for an hour. */
  async function startRefused(): Promise<EngineBench & { readonly server: { accepts: boolean; tries: number } }> {
    const zone = new MemoryZone({ probes: true })
    const server = { accepts: false, tries: 0 }
    const bench = startEngine({
      createProvider: () => ({
        type: 'Memory',
        listZones: () => Promise.resolve([zone.zone]),
        close: () => Promise.resolve(),
        openZone: async () => {
          const { accepts } = server
          server.tries += 1
          await bench.clock.sleep(2_000, never)
          if (accepts) return zone
          throw new TerminalError('CredentialsInvalid', 'the server does not know the TSIG key')
        },
      }),
    })
    bench.store.put({ ...PROVIDER, spec: { ...PROVIDER.spec, credentialsSecretRef: { name: TSIG.name } } })
    bench.store.put(recordFor('shop', { addresses: ['192.0.2.1'] }))
    await bench.clock.advance(3_600_000)
    return { ...bench, server }
  }

  it.each(cures)('is tried again soon when %s', async (_what, cure) => {
    const { clock, store, server, ready } = await startRefused()
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^False/)
    server.accepts = true
    cure(store, 'mended')
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
    expect(ready('DNSProvider', 'main')).toMatch(/^True/)
  })

  it.each(cures)('is tried again soon when %s during a try', async (_what, cure) => {
    const { clock, store, server, ready } = await startRefused()
    const { tries } = server
    while (server.tries === tries) await clock.advance(1_000)
    server.accepts = true
    cure(store, 'mended')
    await clock.advance(60_000)
    expect(ready('DynamicDNSRecord', 'shop')).toMatch(/^True/)
  })

  it.each(cures)('is tried no more often than after an ordinary failure, however often %s', async (_what, cure) => {
    const { clock, store, server } = await startRefused()
    const { tries } = server
    for (let second = 0; second < 120; second += 1) {
      cure(store, `try ${second}`)
      await clock.advance(1_000)
    }
    expect(server.tries - tries).toBeLessThanOrEqual(4)
  })
})
