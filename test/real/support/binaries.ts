// Where the binaries of Kubernetes and Helm for tests come from: what is there already, our own cache, or a build with Go.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findOnPath, runCommand } from './process.ts'

const TOOLS_FOLDER = fileURLToPath(new URL('../tools/', import.meta.url))

interface BinarySource {
  /** The folder below `tools/` whose go.mod builds it. */
  readonly folder: string
  readonly package: string
  /** The module whose version in that go.mod is the binary's version. */
  readonly module: string
  /** Whether one on the PATH is as good as ours; servers must be of the version that the tests are written for. */
  readonly anyVersion: boolean
  readonly linkerFlags: (version: string) => readonly string[]
}

const kubernetes = {
  folder: 'kubernetes',
  module: 'k8s.io/kubernetes',
  linkerFlags: (version: string): readonly string[] => {
    const [major = '', minor = ''] = version.slice(1).split('.')
    const values = { gitVersion: version, gitMajor: major, gitMinor: minor }
    return Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  },
}

const SOURCES = {
  'kube-apiserver': { ...kubernetes, package: 'k8s.io/kubernetes/cmd/kube-apiserver', anyVersion: false },
  kubectl: { ...kubernetes, package: 'k8s.io/kubernetes/cmd/kubectl', anyVersion: true },
  etcd: {
    folder: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    package: 'go.etcd.io/etcd/server/v3',
    anyVersion: false,
    linkerFlags: () => [],
  },
  helm: {
    folder: 'helm',
    module: 'helm.sh/helm/v3',
    package: 'helm.sh/helm/v3/cmd/helm',
    anyVersion: true,
    linkerFlags: (version) => [`-X helm.sh/helm/v3/internal/version.version=${version}`],
  },
} satisfies Record<string, BinarySource>

export type BinaryName = keyof typeof SOURCES

/** The path of the binary; builds it into the cache if it is nowhere. */
export async function findBinary(name: BinaryName): Promise<string> {
  return locateBinary(name) ?? (await buildBinary(name))
}

/** Whether the binary is there or can be built: tests that need an optional one are left out otherwise, and say so. */
export function canFindBinary(name: BinaryName): boolean {
  return locateBinary(name) !== undefined || findOnPath('go') !== undefined
}

/** The path of the binary if it is there without building it. */
export function locateBinary(name: BinaryName): string | undefined {
  const assets = process.env['KUBEBUILDER_ASSETS']
  const places = [
    assets === undefined || assets === '' ? undefined : join(assets, name),
    SOURCES[name].anyVersion ? findOnPath(name) : undefined,
    cachePath(name),
  ]
  return places.find((path) => path !== undefined && existsSync(path))
}

function cacheFolder(): string {
  const chosen = process.env['STOA_TEST_CACHE']
  return chosen === undefined || chosen === '' ? join(homedir(), '.cache', 'stoa-test') : chosen
}

function cachePath(name: BinaryName): string {
  return join(cacheFolder(), `${name}-${pinnedVersion(SOURCES[name])}`)
}

function pinnedVersion({ folder, module }: BinarySource): string {
  const goMod = readFileSync(join(TOOLS_FOLDER, folder, 'go.mod'), 'utf8')
  const line = goMod.split('\n').find((text) =>
    text
      .trim()
      .replace(/^require /, '')
      .startsWith(`${module} v`),
  )
  const version = line?.match(/ (v\d+\.\d+\.\d+)/)?.[1]
  if (version === undefined) throw new Error(`test/real/tools/${folder}/go.mod does not require ${module}`)
  return version
}

async function buildBinary(name: BinaryName): Promise<string> {
  const source: BinarySource = SOURCES[name]
  if (findOnPath('go') === undefined) {
    throw new Error(`cannot find ${name}: install Go to build it, or let KUBEBUILDER_ASSETS name a folder that has it`)
  }
  const path = cachePath(name)
  // Built beside its place and renamed, so that tests running at the same time see all of it or nothing.
  const draft = `${path}.${randomUUID()}`
  const linkerFlags = ['-s', '-w', ...source.linkerFlags(pinnedVersion(source))].join(' ')
  await mkdir(cacheFolder(), { recursive: true })
  try {
    const build = await runCommand('go', ['build', '-o', draft, '-ldflags', linkerFlags, source.package], {
      cwd: join(TOOLS_FOLDER, source.folder),
      env: { ...process.env, GOWORK: 'off' },
    })
    if (build.code !== 0)
      throw new Error(`could not build ${name} in test/real/tools/${source.folder}:\n${build.stderr}`)
    await chmod(draft, 0o755)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return path
}
