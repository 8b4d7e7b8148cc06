// A kubectl view over objects in memory that a test changes as it likes.
import type { RawObject, ViewKind } from '../../src/serve/kubectl-view/raw-object.ts'
import { startKubectlView } from '../../src/serve/kubectl-view/kubectl-view.ts'
import type { RunningHttpServer } from '../../src/serve/http-server.ts'
import type { ObjectChange } from '../../src/store/store.ts'
import { SILENT_LOGGER } from '../../src/telemetry/logger.ts'

export interface ViewBench {
  readonly server: RunningHttpServer
  readonly url: string
  readonly put: (object: RawObject) => void
  readonly remove: (kind: ViewKind, name: string, namespace?: string) => void
}

const VIEW_NOW = Date.parse('2026-11-21T12:00:00Z')

export async function openViewBench(objects: readonly RawObject[]): Promise<ViewBench> {
  const held = new Map(objects.map((object) => [keyOf(object), object]))
  const listeners = new Set<(change: ObjectChange) => void>()
  const tell = (kind: ViewKind, name: string, namespace: string): void => {
    for (const listener of listeners) listener({ kind, name, namespace })
  }
  const server = await startKubectlView(
    { name: 'the kubectl view', host: '127.0.0.1', port: 0, logger: SILENT_LOGGER },
    {
      listRaw: (kind) => [...held.values()].filter((object) => object.kind === kind),
      fileOf: (kind, { namespace, name }) =>
        held.has(`${kind} ${namespace}/${name}`) ? `dns/${name}.yaml` : undefined,
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      clock: { now: () => VIEW_NOW, monotonicNow: () => 0 },
    },
  )
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    put(object) {
      held.set(keyOf(object), object)
      tell(object.kind as ViewKind, object.metadata.name, object.metadata.namespace ?? '')
    },
    remove(kind, name, namespace = '') {
      held.delete(`${kind} ${namespace}/${name}`)
      tell(kind, name, namespace)
    },
  }
}

function keyOf({ kind, metadata }: RawObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

export interface RecordTraits {
  readonly namespace?: string
  readonly ready?: 'True' | 'False'
  readonly mode?: string
  readonly labels?: Readonly<Record<string, string>>
}

export function rawRecord(name: string, traits: RecordTraits = {}): RawObject {
  const { namespace = 'web', ready = 'True', mode = 'Apply', labels = {} } = traits
  return {
    apiVersion: 'dns.stoa.dev/v1alpha1',
    kind: 'DynamicDNSRecord',
    metadata: {
      ...{ name, namespace, labels, uid: `uid-${name}`, generation: 1 },
      creationTimestamp: '2026-11-21T11:00:00Z',
    },
    spec: { hostnames: [`${name}.example.com`], ttlSeconds: 300, mode, providerRef: { name: 'main' } },
    status: {
      observedGeneration: 1,
      addresses: '203.0.113.7',
      providers: 'dns/main',
      conditions: [
        {
          ...{
            type: 'Ready',
            status: ready,
            reason: ready === 'True' ? 'Succeeded' : 'NotOwned',
            message: 'as wanted',
          },
          ...{ observedGeneration: 1, lastTransitionTime: '2026-11-21T11:00:01Z' },
        },
      ],
    },
  }
}

export function rawNode(name: string, ready: 'True' | 'False'): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, creationTimestamp: '2026-11-20T12:00:00Z', labels: { role: 'edge' } },
    spec: { unschedulable: ready === 'False' },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
}
