// Runs the daily commands in process: against an apiserver, or against the control socket of a Stoa without a cluster; both are fakes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { API_VERSION, type KindName } from '../../src/api/kinds.ts'
import { startControlSocket, type ControlObject, type ControlReport } from '../../src/serve/control-socket.ts'
import type { ViewKind } from '../../src/serve/kubectl-view/raw-object.ts'
import { SILENT_LOGGER } from '../../src/telemetry/logger.ts'
import { ApiserverFake } from '../fakes/apiserver-fake.ts'
import { runCommand, type CommandOutcome } from './command-bench.ts'

export interface DailyBench {
  /** `web/www`; a Node has no namespace. */
  put(kind: ViewKind, ref: string, parts?: Parts): void
  /** Of the object as it is now. */
  annotationsOf(kind: ViewKind, ref: string): Readonly<Record<string, string>>
  /** The command, which the environment leads here. */
  run(...args: readonly string[]): Promise<CommandOutcome>
  stop(): Promise<void>
}

export interface Parts {
  readonly spec?: object
  readonly status?: object
  readonly metadata?: object
}

const PLURALS: Readonly<Record<KindName, string>> = {
  DynamicDNSRecord: 'dynamicdnsrecords',
  NodePool: 'nodepools',
  WANAddress: 'wanaddresses',
  DNSProvider: 'dnsproviders',
}

function toObject(
  kind: ViewKind,
  ref: string,
  { spec = {}, status = {}, metadata = {} }: Parts,
): ControlObject['object'] {
  const [name = '', namespace] = ref.split('/').reverse()
  const born = { uid: `uid-of-${ref}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' }
  const place = namespace === undefined ? { name } : { name, namespace }
  const apiVersion = kind === 'Node' ? 'v1' : API_VERSION
  return { apiVersion, kind, metadata: { ...born, ...place, ...metadata }, spec, status }
}

export interface ClusterBench extends DailyBench {
  readonly fake: ApiserverFake
  /** Path of the file. */
  readonly kubeconfig: string
  /** From the environment. */
  env: Readonly<Record<string, string>>
}

export async function startClusterBench(): Promise<ClusterBench> {
  const fake = await ApiserverFake.start()
  const folder = await mkdtemp(join(tmpdir(), 'stoa-daily-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [{ name: 'test', cluster: { server: fake.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'web' } }],
  }
  await writeFile(kubeconfig, stringify(config))
  const listPath = (kind: ViewKind, namespace = ''): string =>
    kind === 'Node' ? '/api/v1/nodes' : `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}`
  const bench: ClusterBench = {
    fake,
    kubeconfig,
    env: {},
    put: (kind, ref, parts = {}) => {
      const object = toObject(kind, ref, parts)
      fake.seed(listPath(kind, object.metadata.namespace), object)
    },
    annotationsOf: (kind, ref) => {
      const [name = '', namespace] = ref.split('/').reverse()
      const metadata: Readonly<Record<string, unknown>> =
        fake.find(`${listPath(kind, namespace)}/${name}`)?.metadata ?? {}
      return (metadata['annotations'] ?? {}) as Readonly<Record<string, string>>
    },
    run: (...args) => runCommand(args, { cwd: folder, env: { ...bench.env, STOA_KUBECONFIG: kubeconfig } }),
    stop: async () => {
      await fake.stop()
      await rm(folder, { recursive: true })
    },
  }
  return bench
}

export interface GitDailyBench extends DailyBench {
  /** The data directory. */
  readonly folder: string
  report: ControlReport
  /** What was asked beside annotations: `sync`, `removals 0123456789abcdef`. */
  readonly asked: string[]
  /** As if its manifest were gone. */
  loseManifest(kind: KindName, ref: string): void
}

export async function startGitDailyBench(): Promise<GitDailyBench> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-daily-'))
  const objects = new Map<string, ControlObject>()
  const asked: string[] = []
  const bench: GitDailyBench = {
    ...{ folder, asked },
    report: {
      ...{ version: '0.1.0', source: '/srv/dns main', commit: 'abc123', appliedAt: '2026-01-01T00:00:00Z' },
      ...{ findings: [], metricsPort: 0, dryRun: false },
    },
    put: (kind, ref, parts = {}) => {
      const object = toObject(kind, ref, parts)
      objects.set(`${kind} ${ref}`, { object, file: `${ref}.yaml:1` })
    },
    loseManifest: (kind, ref) => {
      const { object } = objects.get(`${kind} ${ref}`) ?? {}
      if (object !== undefined) objects.set(`${kind} ${ref}`, { object })
    },
    annotationsOf: (kind, ref) => {
      const annotations = objects.get(`${kind} ${ref}`)?.object.metadata['annotations']
      return (annotations ?? {}) as Readonly<Record<string, string>>
    },
    run: (...args) => runCommand(args, { cwd: folder, env: { STOA_DATA: folder } }),
    stop: async () => {
      await socket.close()
      await rm(folder, { recursive: true })
    },
  }
  const socket = await startControlSocket(
    { folder, logger: SILENT_LOGGER },
    {
      list: (kind) => [...objects.values()].filter(({ object }) => object.kind === kind),
      report: () => bench.report,
      annotate: (kind, { namespace, name }, annotations) => {
        const ref = `${namespace}/${name}`
        const { object } = objects.get(`${kind} ${ref}`) ?? { object: undefined }
        const metadata = { ...object?.metadata, annotations: { ...bench.annotationsOf(kind, ref), ...annotations } }
        bench.put(kind, ref, { ...object, metadata })
        return Promise.resolve()
      },
      approveRemovals: (hash) => {
        asked.push(`removals ${hash}`)
        return Promise.resolve()
      },
      requestSync: () => void asked.push('sync'),
    },
  )
  return bench
}
