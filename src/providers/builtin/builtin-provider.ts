import { TerminalError } from '../../model/errors.ts'
import type { Fqdn } from '../../model/name.ts'
import { createOwnedSession } from '../ownership/owned-session.ts'
import type { Provider } from '../provider.ts'
import { BuiltinZone } from './builtin-zone.ts'
import type { ZoneStore } from './zone-store.ts'

export interface BuiltinOptions {
  /** The zones of the embedded name server; it reads the same stores. */
  readonly stores: ReadonlyMap<Fqdn, ZoneStore>
}

export function createBuiltinProvider({ stores }: BuiltinOptions): Provider {
  return {
    type: 'Builtin',
    listZones: () => Promise.resolve([...stores.keys()].sort()),
    openZone(zone) {
      const store = stores.get(zone)
      if (store !== undefined) return Promise.resolve(createOwnedSession(new BuiltinZone(store)))
      const message = `the built-in name server has no zone ${zone}; name it in spec.zones of the DNSProvider`
      return Promise.reject(new TerminalError('ZoneNotFound', message))
    },
    close: () => Promise.resolve(),
  }
}
