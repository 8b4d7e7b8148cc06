// The CRDs of projects that our manifests speak to, out of their Go modules: used where those have been downloaded, never downloaded by a test.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Apiserver } from './apiserver.ts'
import { findOnPath, runCommand } from './process.ts'

interface CrdSource {
  readonly module: string
  readonly version: string
  /** CRD files in the module. */
  readonly files: readonly string[]
}

const FLUX = 'config/crd/bases'

/** By the API group. Each version is one that the Go of `tools/` can download. */
const SOURCES = {
  'argoproj.io': {
    module: 'github.com/argoproj/argo-cd/v3',
    version: 'v3.5.7',
    files: ['application', 'applicationset', 'appproject'].map((kind) => `manifests/crds/${kind}-crd.yaml`),
  },
  'kustomize.toolkit.fluxcd.io': {
    module: 'github.com/fluxcd/kustomize-controller',
    version: 'v1.7.3',
    files: [`${FLUX}/kustomize.toolkit.fluxcd.io_kustomizations.yaml`],
  },
  'source.toolkit.fluxcd.io': {
    module: 'github.com/fluxcd/source-controller',
    version: 'v1.8.5',
    files: [`${FLUX}/source.toolkit.fluxcd.io_gitrepositories.yaml`],
  },
  'monitoring.coreos.com': {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    files: ['example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'],
  },
  'metallb.io': {
    module: 'go.universe.tf/metallb',
    version: 'v0.16.2',
    files: ['ipaddresspools', 'l2advertisements'].map((kind) => `config/crd/bases/metallb.io_${kind}.yaml`),
  },
  'external-secrets.io': {
    module: 'github.com/external-secrets/external-secrets',
    version: 'v1.3.2',
    files: ['config/crds/bases/external-secrets.io_externalsecrets.yaml'],
  },
} satisfies Record<string, CrdSource>

export type ForeignGroup = keyof typeof SOURCES

// Asked once, while tests are collected: whether a test is left out has to be known by then.
const moduleCache =
  findOnPath('go') === undefined ? undefined : (await runCommand('go', ['env', 'GOMODCACHE'])).stdout.trim()

function listFiles(group: ForeignGroup): readonly string[] | undefined {
  if (moduleCache === undefined) return undefined
  const { module, version, files }: CrdSource = SOURCES[group]
  const paths = files.map((file) => join(moduleCache, `${module}@${version}`, file))
  return paths.every((path) => existsSync(path)) ? paths : undefined
}

/** Undefined where the CRDs are there; else what to run for them. */
export function findMissingCrds(group: ForeignGroup): string | undefined {
  const { module, version } = SOURCES[group]
  return listFiles(group) === undefined ? `no CRDs; go mod download ${module}@${version}` : undefined
}

export async function installForeignCrds(apiserver: Apiserver, group: ForeignGroup): Promise<void> {
  const files = listFiles(group) ?? []
  await must(apiserver, ['apply', '--server-side', ...files.map((path) => `--filename=${path}`)])
  // For a moment after its creation a CRD has no conditions, and kubectl waits only for those that are there.
  await must(apiserver, ['wait', '--for=jsonpath={.status.conditions}', '--timeout=60s', 'crd', '--all'])
  await must(apiserver, ['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
}

async function must(apiserver: Apiserver, args: readonly string[]): Promise<void> {
  const { code, stderr } = await apiserver.kubectl(args)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
}
