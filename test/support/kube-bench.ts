// A store on the fake apiserver, for the contract and for faults.
import { Agent } from 'undici'
import { systemClock } from '../../src/cli/system-clock.ts'
import { createApiClient, type ApiClient } from '../../src/store/kube/api-client.ts'
import { createKubeStore, type KubeStoreOptions } from '../../src/store/kube/kube-store.ts'
import type { ObjectKey, Store } from '../../src/store/store.ts'
import { SILENT_LOGGER } from '../../src/telemetry/logger.ts'
import type { Manifest, StoreBench } from '../contracts/store-contract.ts'
import { ApiserverFake } from '../fakes/apiserver-fake.ts'

const PLURALS: Readonly<Record<Manifest['kind'], string>> = {
  DynamicDNSRecord: 'dynamicdnsrecords',
  NodePool: 'nodepools',
  WANAddress: 'wanaddresses',
  DNSProvider: 'dnsproviders',
  Node: 'nodes',
  Service: 'services',
  Namespace: 'namespaces',
}

export function listPathOf({ kind, metadata, apiVersion }: Manifest): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  return `${root}${namespace}/${PLURALS[kind]}`
}

export function corePath(plural: string, { namespace, name }: ObjectKey): string {
  return `/api/v1/namespaces/${namespace}/${plural}/${name}`
}

/** Without credentials, for what listens on loopback. */
export function openPlainClient(server: string): ApiClient {
  const dispatcher = new Agent()
  return createApiClient({
    server,
    proxy: undefined,
    namespace: undefined,
    podNamespace: undefined,
    authorize: () => Promise.resolve({ headers: { authorization: 'Bearer token' }, dispatcher }),
    forgetCredentials: () => undefined,
    close: () => dispatcher.destroy(),
  })
}

export interface KubeBench extends StoreBench {
  readonly fake: ApiserverFake
  openWith(options: Partial<KubeStoreOptions>): Store
}

export async function startKubeBench(): Promise<KubeBench> {
  const fake = await ApiserverFake.start()
  const client = openPlainClient(fake.url)
  const namespace = 'web'
  const openWith = (options: Partial<KubeStoreOptions>): Store => {
    const random = (): number => 0
    return createKubeStore({ client, clock: systemClock, random, logger: SILENT_LOGGER, instance: 'test', ...options })
  }
  const seedData = (plural: string, key: ObjectKey, data: Readonly<Record<string, string>>): void => {
    fake.seed(`/api/v1/namespaces/${key.namespace}/${plural}`, { metadata: { name: key.name }, data })
  }
  return {
    fake,
    namespace,
    openWith,
    open: () => Promise.resolve(openWith({})),
    put: (manifest) => Promise.resolve(fake.seed(listPathOf(manifest), withInitialStatus(manifest, fake))),
    remove: (manifest) => Promise.resolve(fake.remove(`${listPathOf(manifest)}/${manifest.metadata.name}`)),
    putSecret: (key, values) => {
      const encoded = Object.entries(values).map(([field, text]) => [field, Buffer.from(text).toString('base64')])
      return Promise.resolve(seedData('secrets', key, Object.fromEntries(encoded) as Record<string, string>))
    },
    removeSecret: (key) => Promise.resolve(fake.remove(corePath('secrets', key))),
    readConfigMap: (key) =>
      Promise.resolve(fake.find(corePath('configmaps', key))?.['data'] as Record<string, string> | undefined),
    putConfigMap: (key, values) => Promise.resolve(seedData('configmaps', key, values)),
    stop: async () => {
      await client.close()
      await fake.stop()
    },
  }
}

/** The default of the CRD, which the fake does not know. */
function withInitialStatus(manifest: Manifest, fake: ApiserverFake): Readonly<Record<string, unknown>> {
  const isNew = fake.find(`${listPathOf(manifest)}/${manifest.metadata.name}`) === undefined
  if (!isNew || manifest.apiVersion === 'v1') return { ...manifest }
  return { ...manifest, status: { observedGeneration: -1 } }
}
