// A real Argo CD without its server: the repo-server, the application controller and their Redis, on loopback, over Git folders.
import { chmod, copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createTempDir } from './leftovers.ts'
import type { Apiserver } from './apiserver.ts'
import { findBinary } from './binaries.ts'
import { findFreePort } from './ports.ts'
import { findOnPath, runCommand, startServer, type RunningServer } from './process.ts'

/** Undefined where all is there: the programs on the PATH, and in ARGOCD_MANIFESTS the folder `manifests` of its repository, for the CRDs. */
export function findMissingForArgocd(): string | undefined {
  const missing = ['argocd', 'redis-server', 'kustomize'].filter((command) => findOnPath(command) === undefined)
  if (missing.length > 0) return `${missing.join(', ')} not on the PATH`
  return process.env['ARGOCD_MANIFESTS'] === undefined ? 'ARGOCD_MANIFESTS does not name its manifests' : undefined
}

export interface Argocd {
  /** Where its programs are, and its sockets. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Flags by which its other parts reach the ones that run. */
  readonly peers: readonly string[]
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** What its installation manifests make, as far as these parts need it. */
export async function installArgocd(apiserver: Apiserver): Promise<void> {
  const crds = join(process.env['ARGOCD_MANIFESTS'] ?? '', 'crds')
  const names = ['argocd-cm', 'argocd-rbac-cm', 'argocd-cmd-params-cm', 'argocd-gpg-keys-cm', 'argocd-tls-certs-cm']
  const meta = (name: string): object => ({
    name,
    namespace: 'argocd',
    labels: { 'app.kubernetes.io/part-of': 'argocd', 'app.kubernetes.io/name': name },
  })
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } },
    ...[...names, 'argocd-ssh-known-hosts-cm'].map((name) => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(name) },
    })),
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: meta('argocd-secret') },
      stringData: { 'server.secretkey': 'for-tests-only' },
    },
  ]
  await must(apiserver.kubectl(['apply', '--server-side', '--kustomize', crds]))
  // Right after its creation a CRD has no conditions to wait for, which kubectl takes for an error.
  const wait = ['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']
  for (let attempts = 1; (await apiserver.kubectl(wait)).code !== 0 && attempts < 20; attempts += 1) await delay(250)
  const stdin = objects.map((object) => JSON.stringify(object)).join('\n')
  await must(apiserver.kubectl(['apply', '--server-side', '--filename=-'], { stdin }))
}

export async function startArgocd(apiserver: Apiserver): Promise<Argocd> {
  const folder = await createTempDir('argocd')
  const running: RunningServer[] = []
  const redis = await findFreePort()
  const repository = await findFreePort()
  const env = { ...(await prepare(folder.path)), KUBECONFIG: apiserver.kubeconfigPath }
  const start = async (name: string, command: string, args: readonly string[], port: number): Promise<void> => {
    const isReady = (): Promise<boolean> => accepts(port)
    running.push(await startServer({ name, command, args, cwd: folder.path, env, isReady }))
  }
  const common = [`--kubeconfig=${apiserver.kubeconfigPath}`, '--namespace=argocd', `--redis=127.0.0.1:${redis}`]
  const peers = [...common, `--repo-server=127.0.0.1:${repository}`, '--repo-server-plaintext']
  const stop = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.stop()
    await folder.remove()
  }
  try {
    await start('redis', 'redis-server', [`--port`, String(redis), '--bind', '127.0.0.1', '--save', ''], redis)
    const served = [`--port=${repository}`, `--metrics-port=${await findFreePort()}`, '--address=127.0.0.1']
    // Else a commit is seen after three minutes, whatever the resync says.
    const fresh = ['--revision-cache-expiration=1s', '--default-cache-expiration=1s']
    const reader = [common[2] ?? '', '--disable-tls', '--client-ca-path=', ...fresh, ...served]
    await start('argocd-repo-server', join(folder.path, 'argocd-repo-server'), reader, repository)
    const metrics = await findFreePort()
    const controller = [
      ...peers,
      `--metrics-port=${metrics}`,
      '--app-resync=5',
      '--app-resync-jitter=0',
      '--repo-error-grace-period-seconds=1',
      // By itself it tells the health of an object to its server only.
      '--persist-resource-health',
    ]
    await start(
      'argocd-application-controller',
      join(folder.path, 'argocd-application-controller'),
      controller,
      metrics,
    )
  } catch (error) {
    await stop()
    throw error
  }
  const output = (): string => running.map((server) => server.output()).join('\n')
  return { folder: folder.path, env, peers, output, stop }
}

/** One program has all parts; the name it is called by says which. */
async function prepare(folder: string): Promise<NodeJS.ProcessEnv> {
  const argocd = findOnPath('argocd') ?? 'argocd'
  for (const part of ['repo-server', 'application-controller', 'server', 'cmp-server']) {
    await symlink(argocd, join(folder, `argocd-${part}`))
  }
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await symlink(await findBinary('helm'), join(bin, 'helm'))
  // Beside the program its image has these.
  for (const wrapper of ['git-verify-wrapper.sh', 'gpg-wrapper.sh']) {
    await copyFile(join(process.env['ARGOCD_MANIFESTS'] ?? '', '../hack', wrapper), join(bin, wrapper))
    await chmod(join(bin, wrapper), 0o755)
  }
  for (const name of ['tls', 'ssh', 'gpg', 'plugins']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'ssh', 'ssh_known_hosts'), '')
  return {
    ...process.env,
    PATH: `${bin}:${dirname(argocd)}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    TMPDIR: folder,
    ARGOCD_GPG_ENABLED: 'false',
    // Its own cluster is the one of the kubeconfig.
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GNUPGHOME: join(folder, 'gpg'),
    ARGOCD_TLS_DATA_PATH: join(folder, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(folder, 'ssh'),
    ARGOCD_PLUGINSOCKFILEPATH: join(folder, 'plugins'),
  }
}

/** A Git repository with what is in the folder, for `file://`. */
export async function commitFolder(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
  const git = (...args: readonly string[]): Promise<void> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.test', '-c', 'init.defaultBranch=main']
    return must(runCommand('git', [...identity, ...args], { cwd: to }))
  }
  await git('init', '--quiet')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'state')
}

async function must(result: ReturnType<typeof runCommand>): Promise<void> {
  const { code, stderr } = await result
  if (code !== 0) throw new Error(stderr)
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.end() !== undefined))
    socket.once('error', () => resolve(false))
  })
}
