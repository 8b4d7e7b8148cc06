// What Argo CD and Flux are given: the traps that their own documentation does not name, as rules.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { evaluate } from '@marcbachmann/cel-js'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { KIND_NAMES } from '../src/api/kinds.ts'
import { parseObject } from '../src/api/parse-object.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const load = <Shape>(path: string): Shape => parse(read(path)) as Shape

interface Application {
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
  }
  readonly spec: {
    readonly project: string
    readonly syncPolicy: {
      readonly automated?: { readonly prune: boolean; readonly selfHeal: boolean }
      readonly syncOptions: readonly string[]
      readonly retry: { readonly limit: number }
    }
  }
}
const child = (name: string): Application => load(`argocd/apps/base/${name}.yaml`)

describe('the applications of Argo CD', () => {
  it('come in waves: CRDs, controller, records', () => {
    const waves = ['crds', 'controller', 'records'].map((name) => child(name).metadata.annotations)
    expect(waves.map((annotations) => annotations?.['argocd.argoproj.io/sync-wave'])).toEqual(['-2', '-1', '0'])
  })

  it.each(['apps/base/crds', 'apps/base/controller', 'apps/base/records', 'dev/root', 'prod/root'])(
    '%s is deleted with what it made, is in our project, and soon gives up a commit that fails',
    (path) => {
      const { metadata, spec } = load<Application>(`argocd/${path}.yaml`)
      expect(metadata.finalizers).toEqual(['resources-finalizer.argocd.argoproj.io'])
      expect(spec.project).toBe('stoa')
      expect(spec.syncPolicy.retry.limit).toBeLessThanOrEqual(3)
    },
  )

  it('refuse fields that the CRDs do not know, and do without hooks and waves among the records', () => {
    for (const name of ['crds', 'controller', 'records'])
      expect(child(name).spec.syncPolicy.syncOptions).toContain('ServerSideApply=true')
    expect(child('records').spec.syncPolicy.syncOptions).toContain('SkipDryRunOnMissingResource=true')
  })

  it('run by themselves in dev and by hand in prod', () => {
    expect(load<Application>('argocd/dev/root.yaml').spec.syncPolicy.automated).toEqual({ prune: true, selfHeal: true })
    expect(load<Application>('argocd/prod/root.yaml').spec.syncPolicy).not.toHaveProperty('automated')
    expect(read('argocd/apps/prod/kustomization.yaml')).not.toContain('automated')
  })

  it('never prune a CRD', () => {
    expect(read('argocd/apps/base/crds.yaml')).toContain('argocd.argoproj.io/sync-options: Prune=false,Delete=false')
    const { patches } = load<{ patches: readonly { target: { labelSelector: string }; patch: string }[] }>(
      'argocd/apps/dev/kustomization.yaml',
    )
    const automated = patches.find(({ target }) => target.labelSelector === 'app.kubernetes.io/component=crds')
    expect(parse(automated?.patch ?? '')).toMatchObject([{ value: { prune: false } }])
  })

  it('that an ApplicationSet makes run by themselves, with progressive syncs or without, and never prune a CRD', () => {
    interface Template {
      readonly spec: { readonly template: Pick<Application, 'spec'>; readonly templatePatch: string }
    }
    const { template, templatePatch } = load<Template>('argocd/applicationsets/clusters.yaml').spec
    const byDirectory = load<Template>('argocd/applicationsets/records-by-directory.yaml').spec.template
    for (const { spec } of [template, byDirectory])
      expect(spec.syncPolicy.automated).toEqual({ prune: true, selfHeal: true })
    const [, patch = ''] = /\{\{- if eq \.part "crds" \}\}\n([\s\S]*?)\{\{- end \}\}/.exec(templatePatch) ?? []
    const base = load<{ spec: { source: { kustomize: object } } }>('argocd/apps/base/crds.yaml')
    expect(parse(patch)).toEqual({
      spec: { source: { kustomize: base.spec.source.kustomize }, syncPolicy: { automated: { prune: false } } },
    })
  })

  describe('may have', () => {
    const project = load<{ spec: Record<string, readonly { readonly group: string; readonly kind: string }[]> }>(
      'argocd/projects/stoa.yaml',
    )
    const allowed = ['clusterResourceWhitelist', 'namespaceResourceWhitelist'].flatMap((list) =>
      (project.spec[list] ?? []).map(({ group, kind }) => `${group}/${kind}`),
    )
    const listRefused = (kinds: readonly string[]): readonly string[] =>
      kinds.filter((kind) => !allowed.includes(kind) && !allowed.includes(kind.replace(/\w+$/, '*')))
    /** As `group/Kind`, of all documents of a file that say both in plain words. */
    const listKinds = (text: string): readonly string[] =>
      [...text.matchAll(/^apiVersion: (?:([\w.]+)\/)?v\w+\nkind: (\w+)$/gm)].map(
        ([, group = '', kind = '']) => `${group}/${kind}`,
      )
    const templates = readdirSync(new URL('charts/stoa/templates/', root)).filter((file) => file.endsWith('.yaml'))

    it('every kind that the chart makes', () => {
      const made = templates.flatMap((file) => listKinds(read(`charts/stoa/templates/${file}`)))
      expect(made.length).toBeGreaterThan(10)
      expect(listRefused(made)).toEqual([])
    })

    it('every kind that makes a Secret, by the values of the chart or as the guide recommends', () => {
      const groups: Readonly<Record<string, string>> = {
        SealedSecret: 'bitnami.com',
        ExternalSecret: 'external-secrets.io',
      }
      const starter = read('charts/stoa/templates/starter.yaml')
      for (const group of Object.values(groups)) expect(starter).toContain(`"${group}/v`)
      const { $defs } = load<{ $defs: { starterSecret: { properties: { kind: { enum: readonly string[] } } } } }>(
        'charts/stoa/values.schema.json',
      )
      const guided = [...read('docs/guides/argocd.md').matchAll(/`(\w+Secret)`/g)].map(([, kind = '']) => kind)
      const kinds = new Set([...$defs.starterSecret.properties.kind.enum, ...guided])
      expect([...kinds].sort()).toEqual(Object.keys(groups).sort())
      expect(listRefused([...kinds].map((kind) => `${groups[kind] ?? ''}/${kind}`))).toEqual([])
    })

    it('every kind of the stories that people begin with', () => {
      const stories = (readdirSync(new URL('examples/', root), { recursive: true }) as string[])
        .filter((file) => /^[\w-]+\/kustomization\.yaml$/.test(file) && !file.startsWith('flux/'))
        .map((file) => file.split('/')[0] ?? '')
      expect(stories.length).toBeGreaterThan(3)
      const kinds = stories.flatMap((story) =>
        readdirSync(new URL(`examples/${story}/`, root))
          .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
          .flatMap((file) => listKinds(read(`examples/${story}/${file}`))),
      )
      expect(listRefused([...new Set(kinds)])).toEqual([])
    })
  })

  it('tell of every outage, not of one per commit', () => {
    const { data } = load<{ data: Record<string, string> }>('argocd/config/argocd-notifications-cm-patch.yaml')
    for (const [name, text] of Object.entries(data))
      if (name.startsWith('trigger.')) expect(parse(text)).not.toHaveProperty('0.oncePer')
  })
})

describe('the health checks of Flux', () => {
  interface Check {
    readonly kind: string
    readonly inProgress: string
    readonly failed: string
    readonly current: string
  }
  const { healthCheckExprs } = load<{ spec: { healthCheckExprs: readonly Check[] } }>('examples/flux/records.yaml').spec
  const folder = (kind: string): string => `argocd/resource_customizations/dns.stoa.dev/${kind}/`

  it('are there for every kind', () => {
    expect(healthCheckExprs.map(({ kind }) => kind).sort()).toEqual([...KIND_NAMES].sort())
  })

  it.each(healthCheckExprs)('read the samples of $kind as Argo CD does', ({ kind, ...check }) => {
    const meaning: Readonly<Record<string, string>> = {
      Healthy: 'current',
      Suspended: 'current',
      Progressing: 'inProgress',
      Degraded: 'failed',
    }
    const { tests } = load<{ tests: readonly { healthStatus: { status: string }; inputPath: string }[] }>(
      `${folder(kind)}health_test.yaml`,
    )
    for (const { healthStatus, inputPath } of tests) {
      const object = load<Record<string, unknown>>(`${folder(kind)}${inputPath}`)
      const first = (['inProgress', 'failed', 'current'] as const).find(
        (name) => evaluate(check[name], withIntegers(object) as Record<string, unknown>) === true,
      )
      expect(first, inputPath).toBe(meaning[healthStatus.status])
    }
  })

  it('belong to a Kustomization that waits for the controller, which waits for the CRDs', () => {
    const waits = ['crds', 'controller', 'records'].map(
      (name) => load<{ spec: { dependsOn?: unknown } }>(`examples/flux/${name}.yaml`).spec.dependsOn,
    )
    expect(waits).toEqual([undefined, [{ name: 'stoa-crds' }], [{ name: 'stoa-controller' }]])
  })
})

/** The numbers of an object are integers to CEL. */
function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value)
  if (Array.isArray(value)) return value.map(withIntegers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withIntegers(item)]))
}

describe.each(['argocd', 'operations'])('docs/guides/%s.md', (name) => {
  const page = read(`docs/guides/${name}.md`)

  it('names files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => `docs/guides/${link}`)
    const paths = [...page.matchAll(/`((?:argocd|deploy|charts|examples|crds)\/[\w./-]*)`/g)].map(
      ([, path = '']) => path,
    )
    expect(links.length + paths.length).toBeGreaterThan(5)
    for (const path of [...links, ...paths]) expect(existsSync(new URL(path, root)), path).toBe(true)
  })

  it('has manifests that can be applied', () => {
    const manifests = [...page.matchAll(/^apiVersion: dns\.stoa\.dev[\s\S]*?(?=^YAML$|^```)/gm)].flatMap(([text]) =>
      parseAllDocuments(text).map((document) => document.toJS() as unknown),
    )
    if (name === 'operations') expect(manifests).toHaveLength(3)
    for (const manifest of manifests) expect(parseObject(manifest)).toMatchObject({ kind: 'ok' })
  })
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n')

  it('copies nothing from here that .dockerignore keeps from it', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').filter((word) => !/^(?:COPY|--.*|\.\/.*|\/.*)$/.test(word)))
    expect(copied.length).toBeGreaterThan(5)
    const kept = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    for (const path of copied) {
      expect(existsSync(new URL(path, root)), path).toBe(true)
      expect(
        kept.some((rule) => rule === path || rule.startsWith(`${path}/`)),
        path,
      ).toBe(true)
    }
  })

  it('makes an image without git where no target is named, as for clusters, and one with it where git is named', () => {
    const stages = new Map(
      lines
        .join('\n')
        .split(/^FROM /m)
        .slice(1)
        .map((text) => [text.split('\n')[0]?.trim() ?? '', text]),
    )
    expect([...stages.keys()]).toEqual([
      '${NODE_IMAGE} AS build',
      '${NODE_IMAGE} AS runtime',
      'runtime AS git',
      'runtime',
    ])
    expect([...stages].filter(([, text]) => /\bgit openssh-client\b/.test(text)).map(([name]) => name)).toEqual([
      'runtime AS git',
    ])
  })

  it.each(['Dockerfile', 'docs/guides/operations.md', 'docs/guides/argocd.md', 'docs/guides/first-steps.md'])(
    'is built in %s with git where the tag says so, and nowhere else',
    (path) => {
      const builds = [...read(path).matchAll(/docker build [^`\n&]*/g)].map(([command]) => command)
      expect(builds.length).toBeGreaterThan(0)
      for (const command of builds)
        expect(command.includes(' --target git '), command).toBe(/stoa:[\d.]+-git\b/.test(command))
    },
  )

  it('runs as an ordinary user, in every stage that is meant to run', () => {
    const stages = lines
      .join('\n')
      .split(/^FROM /m)
      .slice(1)
    const runtime = stages.filter((stage) => stage.includes('USER '))
    expect(runtime).toHaveLength(2)
    for (const stage of runtime) expect(stage.match(/^USER .*$/gm)?.at(-1)).toBe('USER 1000:1000')
  })
})

it('no file names a registry', () => {
  const folders = ['argocd', 'charts', 'deploy', 'examples']
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  )
  expect(files.length).toBeGreaterThan(100)
  for (const file of [...files, new URL('Dockerfile', root).pathname])
    expect(readFileSync(file, 'utf8'), file).not.toMatch(/\b(?:ghcr|quay|gcr|docker)\.io\/|registry\.k8s\.io/)
})

it('every YAML file of argocd/ can be read', () => {
  const files = readdirSync(new URL('argocd/', root), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.yaml'),
  )
  for (const file of files)
    for (const document of parseAllDocuments(read(`argocd/${file}`))) expect(document.errors, file).toEqual([])
})
