// What stands in the log when something turns not ready, so that whoever reads only the log knows as well.
import { describe, expect, it } from 'vitest'
import { PROVIDER, recordFor, startEngine, WAN, type EngineOptions } from '../../test/support/engine-bench.ts'
import { findCondition } from '../api/conditions.ts'
import { TerminalError, TransientError } from '../model/errors.ts'
import { createConsoleLogger } from '../telemetry/console-logger.ts'

const REFUSED = new TerminalError('CredentialsInvalid', 'the token is refused')
const DOWN = new TransientError('ProviderUnavailable', 'no answer')
const BUILTIN = { ...PROVIDER, spec: { type: 'Builtin', zones: ['example.com'] } }

/** An engine, and its lines about what is ready and what is not. */
function startLogged(options: EngineOptions = {}): ReturnType<typeof startEngine> & { readonly lines: string[] } {
  const lines: string[] = []
  const write = (line: string): void => void (line.includes(' ready') && lines.push(line.slice(9).trimEnd()))
  const log = createConsoleLogger({ level: 'info', write, now: () => 0 })
  return Object.assign(startEngine({ ...options, log }), { lines })
}

describe('the log', () => {
  it('says once that a DNSProvider is not ready, however often it is tried, and once that it is again', async () => {
    const { clock, store, world, lines } = startLogged()
    world.listing = DOWN
    store.put(PROVIDER)
    await clock.advance(300_000)
    const down = 'WARN  not ready kind=DNSProvider object=web/main reason=ProviderUnavailable why="no answer"'
    expect(lines).toEqual([down])
    world.listing = undefined
    await clock.advance(300_000)
    expect(lines).toEqual([down, 'INFO  ready again kind=DNSProvider object=web/main'])
  })

  it('says it again after a restart, and when the reason is another', async () => {
    const { clock, store, world, lines, restart } = startLogged()
    world.listing = DOWN
    store.put(PROVIDER)
    await clock.advance(60_000)
    await restart()
    await clock.advance(60_000)
    world.listing = REFUSED
    await clock.advance(300_000)
    const reasons = lines.map((line) => /reason=(\w+)/.exec(line)?.[1])
    expect(reasons).toEqual(['ProviderUnavailable', 'ProviderUnavailable', 'CredentialsInvalid'])
  })

  it('says nothing of what is well from the start, or only on its way', async () => {
    const { clock, store, lines } = startLogged()
    for (const manifest of [PROVIDER, WAN, recordFor('home', { wan: { name: 'home' } })]) store.put(manifest)
    await clock.advance(60_000)
    expect(lines).toEqual([])
  })

  it('says of a record what a person has to mend there, and leaves an outage to the DNSProvider', async () => {
    const { clock, store, zone, lines } = startLogged()
    for (const manifest of [PROVIDER, recordFor('shop', { addresses: ['192.0.2.1'] })]) store.put(manifest)
    store.put(recordFor('lost', { addresses: ['192.0.2.1'] }, {}, { namespace: 'tenant' }))
    await clock.advance(60_000)
    zone.fail(DOWN, 1_000)
    store.put(recordFor('late', { addresses: ['192.0.2.1'] }))
    await clock.advance(1_200_000)
    const told = lines.map((line) => /kind=(\w+) object=(\S+)/.exec(line)?.slice(1).join(' '))
    expect(told).toEqual(['DynamicDNSRecord tenant/lost', 'DNSProvider web/main'])
  })
})

describe('a name server that cannot listen', () => {
  it('is a reason of its own, and no fault of the credentials', async () => {
    const error = new TransientError('CannotListen', 'the port is taken')
    const { clock, store, ready, lines } = startLogged({ openServedZone: () => Promise.reject(error) })
    store.put(BUILTIN)
    await clock.advance(30_000)
    expect(ready('DNSProvider', 'main')).toBe('False CannotListen: the port is taken')
    expect(lines).toHaveLength(1)
    const conditions = store.get('DNSProvider', { namespace: 'web', name: 'main' })?.status?.conditions ?? []
    expect(findCondition(conditions, 'CredentialsValid')?.status).toBe('True')
    expect(findCondition(conditions, 'ZonesFound')?.reason).toBe('CannotListen')
  })
})
