// Somebody's home, as a test sees it: a public address, a repository with a few records, and a Stoa whose zone held a foreign name before it
// ever ran.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { FileZonePersistence } from '../../../src/dns/file-zone-persistence.ts'
import type { Fqdn } from '../../../src/model/name.ts'
import type { RawSet } from '../../../src/providers/raw-zone.ts'
import type { ZoneSnapshot } from '../../../src/providers/builtin/zone-store.ts'
import { genuineAnswer, type Behaviour } from '../../fakes/wan/stun-behaviours.ts'
import { startUdpResponder } from '../../fakes/wan/stun-responder.ts'
import { GitRepository } from '../../support/git-repository.ts'
import { prepareStandalone, type Standalone } from './standalone.ts'

export const ZONE = 'home.test' as Fqdn
export const FOREIGN = ['198.51.100.250']
export const NODES = ['198.51.100.1', '198.51.100.2', '198.51.100.3']
export const FIRST_ADDRESS = '203.0.113.7'
/** The machine may be busy: what never comes true is found out late, what does at once. */
const DEADLINE_MS = 60_000

export interface ZoneOnDisk {
  readonly serial: number
  readonly valuesOf: (name: string) => readonly string[]
}

export interface HomeNetwork {
  readonly repository: GitRepository
  readonly stoa: Standalone
  /** What everybody outside sees from now on; undefined: nobody answers. */
  readonly showAddress: (address: string | undefined) => void
  readonly answerOf: (name: string) => Promise<readonly string[] | undefined>
  readonly whenAnswer: (name: string, wanted: readonly string[]) => Promise<void>
  /** What the next process would find. */
  readonly zoneOnDisk: () => Promise<ZoneOnDisk>
  readonly close: () => Promise<void>
}

/** Everything is committed, and nothing of Stoa runs yet. */
export async function openHomeNetwork(): Promise<HomeNetwork> {
  let shown: string | undefined = FIRST_ADDRESS
  const behaviour: Behaviour = (request, reply) => {
    if (shown !== undefined) reply.send(genuineAnswer(request, shown))
  }
  const responders = await Promise.all([startUdpResponder({ behaviour }), startUdpResponder({ behaviour })])
  const repository = await GitRepository.create()
  const stoa = await prepareStandalone(repository.path)
  const zoneFiles = new FileZonePersistence<ZoneSnapshot>(join(stoa.data, 'zones'))
  await zoneFiles.save(ZONE, { serial: 7, sets: [foreignSet()] })
  const files = listFirstFiles(responders.map(({ port }) => port))
  for (const [file, text] of Object.entries(files)) await repository.write(file, text)
  await repository.commit()
  const answerOf = (name: string): Promise<readonly string[] | undefined> => stoa.dig(`${name}.${ZONE}`)
  return {
    ...{ repository, stoa, answerOf, showAddress: (address) => void (shown = address) },
    whenAnswer: (name, wanted) => eventually(() => answerOf(name), wanted),
    zoneOnDisk: async () => {
      const { serial, sets } = (await zoneFiles.load(ZONE)) ?? { serial: 0, sets: [] }
      return { serial, valuesOf: (name) => sets.find(({ key }) => key.name === `${name}.${ZONE}`)?.values ?? [] }
    },
    close: async () => {
      await Promise.all([...responders.map((responder) => responder.stop()), stoa.remove(), repository.remove()])
    },
  }
}

export async function eventually<Value>(look: () => Promise<Value>, wanted: Value): Promise<void> {
  const until = performance.now() + DEADLINE_MS
  for (;;) {
    const seen = await look()
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return
    if (performance.now() > until) expect(seen).toEqual(wanted)
    await delay(25)
  }
}

function foreignSet(): RawSet {
  const key = { name: `foreign.${ZONE}` as Fqdn, type: 'A', setId: '' } as const
  return { key, ttl: 300, values: FOREIGN, routing: undefined, options: undefined, note: undefined }
}

function listFirstFiles(stunPorts: readonly number[]): Readonly<Record<string, string>> {
  return {
    'provider.yaml': PROVIDER,
    'wan.yaml': wanManifest(stunPorts),
    'edge.yaml': POOL,
    ...Object.fromEntries(NODES.map((_, index) => [`nodes/node-${index + 1}.yaml`, nodeManifest(index + 1)])),
    'home.yaml': recordManifest('home', 'wan: { name: home }'),
    'shop.yaml': recordManifest('shop', 'nodePool: { name: edge }'),
    'www.yaml': fixedManifest('www', '192.0.2.1'),
  }
}

const PROVIDER = `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata:
  name: local
spec:
  type: Builtin
  zones: [${ZONE}]
  builtin: {}
  guard: { maxDeletePercent: 100, windowSeconds: 60 }
`

const POOL = `apiVersion: dns.stoa.dev/v1alpha1
kind: NodePool
metadata:
  name: edge
spec:
  selector:
    matchLabels: { role: edge }
  allowNonGlobalAddresses: true
  drain:
    readmitSeconds: 1
`

function wanManifest(stunPorts: readonly number[]): string {
  return `apiVersion: dns.stoa.dev/v1alpha1
kind: WANAddress
metadata:
  name: home
spec:
  intervalSeconds: 5
  stun:
    servers: [${stunPorts.map((port) => `'127.0.0.1:${port}'`).join(', ')}]
    transports: [UDP]
  quorum: 2
  allowNonGlobalCIDRs: [203.0.113.0/24]
`
}

/** A record of one name in the zone, with `ttlSeconds` on line 7. */
export function recordManifest(name: string, target: string): string {
  return `apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata:
  name: ${name}
spec:
  hostnames: [${name}.${ZONE}]
  ttlSeconds: 60
  targets:
    - ${target}
`
}

export function fixedManifest(name: string, address: string): string {
  return recordManifest(name, `addresses: [${address}]`)
}

export function nodeManifest(n: number, taints: readonly string[] = []): string {
  const spec = taints.map((key) => `    - { key: ${key}, effect: NoSchedule }\n`).join('')
  return `apiVersion: v1
kind: Node
metadata:
  name: node-${n}
  labels: { role: edge }
${spec === '' ? '' : `spec:\n  taints:\n${spec}`}status:
  addresses:
    - { type: ExternalIP, address: 198.51.100.${n} }
`
}
