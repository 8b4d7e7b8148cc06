// The chart and the plain manifests as far as they can be judged without Helm: values, their schema, rights and hardening.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { renderChart } from '../scripts/generate/chart.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const load = (path: string): unknown => parse(read(path))

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}
const schema = load('charts/stoa/values.schema.json') as JsonSchema
const isValid = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)
const problemsOf = (values: unknown): readonly string[] =>
  isValid(values) ? [] : (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)

describe('the values of the chart', () => {
  const files = [
    'values.yaml',
    'values-dev.yaml',
    'values-prod.yaml',
    ...readdirSync(new URL('charts/stoa/ci/', root)).map((file) => `ci/${file}`),
  ]

  it.each(files)('in %s fit the schema', (file) => {
    expect(problemsOf(load(`charts/stoa/${file}`))).toEqual([])
  })

  it.each<readonly [string, unknown, string]>([
    ['an unknown value', { replica: 2 }, 'must NOT have additional properties'],
    ['a name that no object can have', { fullnameOverride: 'Foo_Bar' }, 'must match pattern'],
    ['a name of two words', { nameOverride: 'my app' }, 'must match pattern'],
    [
      'an unknown value deep inside',
      { page: { service: { kind: 'NodePort' } } },
      'must NOT have additional properties',
    ],
    ['a text for a number', { replicas: '2' }, '/replicas: must be integer'],
    ['a word for a switch', { dryRun: 'yes' }, '/dryRun: must be boolean'],
    ['a port that is none', { page: { port: 70_000 } }, '/page/port: must be <= 65535'],
    [
      'a type of Service that is none',
      { page: { service: { type: 'Ingress' } } },
      'must be equal to one of the allowed values',
    ],
    ['a level nobody logs at', { log: { level: 'trace' } }, '/log/level: must be equal to one of the allowed values'],
    ['a namespace with a capital letter', { watchNamespaces: ['Web'] }, '/watchNamespaces/0: must match pattern'],
    [
      'a Secret without a namespace',
      { rbac: { secrets: [{ names: ['token'] }] } },
      "must have required property 'namespace'",
    ],
    [
      'a label by which the Pods are found',
      { podLabels: { 'app.kubernetes.io/name': 'dns' } },
      '/podLabels: property name must be valid',
    ],
    ['a digest that is none', { image: { digest: 'sha256:12' } }, '/image/digest: must match pattern'],
    ['an interval without a unit', { metrics: { serviceMonitor: { interval: '30' } } }, 'must match pattern'],
    ['a range that is none', { page: { service: { loadBalancerSourceRanges: ['lan'] } } }, 'must match pattern'],
    ['less time than the call in flight takes', { terminationGracePeriodSeconds: 5 }, 'must be >= 10'],
    ['a starter without a spec', { starter: { records: { shop: {} } } }, "must have required property 'spec'"],
    ['a zone list that is none', { tenancy: { zones: { web: 'example.com' } } }, '/tenancy/zones/web: must be array'],
  ])('refuses %s', (_, values, problem) => {
    expect(problemsOf(values).join('\n')).toContain(problem)
  })

  it('are closed everywhere, and the schema has just the values there are', () => {
    const describeShape = (part: JsonSchema, values: unknown, path: string): void => {
      if (part.properties === undefined) return
      expect(part.additionalProperties, path).toBe(false)
      const known = Object.keys(part.properties).filter((key) => key !== 'global' && key !== 'claims')
      expect(Object.keys(values as object).sort(), path).toEqual(known.sort())
      for (const key of known)
        describeShape(part.properties[key] as JsonSchema, (values as Record<string, unknown>)[key], `${path}/${key}`)
    }
    describeShape(schema, load('charts/stoa/values.yaml'), '')
  })

  it('are explained in the README, one row each', () => {
    const rows = [...read('charts/stoa/README.md').matchAll(/^\| `([\w.]+)` \| `.*` \| \S.* \|$/gm)].map(
      ([, name]) => name,
    )
    expect(rows).toEqual(
      expect.arrayContaining(['image.registry', 'watchNamespaces', 'page.service.type', 'starter.records']),
    )
    const leaves = listLeaves(load('charts/stoa/values.yaml'), '').filter(
      (leaf) => !rows.some((row) => leaf === row || leaf.startsWith(`${row}.`)),
    )
    expect(leaves).toEqual([])
  })
})

function listLeaves(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [path]
  return Object.entries(value).flatMap(([key, item]) => listLeaves(item, path === '' ? key : `${path}.${key}`))
}

it.each([
  ['name', /include "stoa\.name" \. \}\}(-[a-z]+)/g],
  ['fullname', /^ {2}name: \{\{ include "stoa\.fullname" \. \}\}(-metrics)$/gm],
])('stays within 63 characters where a suffix is put behind the %s', (name, suffixed) => {
  const helpers = read('charts/stoa/templates/_helpers.tpl')
  const definition = helpers.split('{{- define ').find((text) => text.startsWith(`"stoa.${name}"`)) ?? ''
  const longest = [...definition.matchAll(/trunc (\d+)/g)].map(([, length]) => Number(length))
  const templates = ['services.yaml', 'tests/health.yaml']
    .map((file) => read(`charts/stoa/templates/${file}`))
    .join('\n')
  const suffixes = [...templates.matchAll(suffixed)].map(([, suffix = '']) => suffix.length)
  expect(suffixes.length).toBeGreaterThan(0)
  expect(Math.max(...longest) + Math.max(...suffixes)).toBeLessThanOrEqual(63)
})

it('is up to date with what it is made from: npm run generate', () => {
  for (const [path, text] of renderChart(root)) {
    expect(existsSync(new URL(path, root)), path).toBe(true)
    expect(read(path), path).toBe(text)
  }
})

describe('the rights of the controller', () => {
  const roles = parseAllDocuments(read('deploy/rbac.yaml'))
    .map((document) => document.toJS() as Role)
    .filter(({ rules }) => rules !== undefined)
  const grants = roles.flatMap(({ rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map(
            (verb) =>
              `${verb} ${resource}${group === '' ? '' : `.${group}`}${resourceNames.length > 0 ? ` ${resourceNames.join(',')}` : ''}`,
          ),
        ),
      ),
    ),
  )

  it('are these and no others', () => {
    const kinds = ['dynamicdnsrecords', 'nodepools', 'wanaddresses', 'dnsproviders']
    const expected = [
      ...kinds.flatMap((kind) => [
        `list ${kind}.dns.stoa.dev`,
        `watch ${kind}.dns.stoa.dev`,
        `patch ${kind}/status.dns.stoa.dev`,
      ]),
      // The finalizer.
      ...['patch dynamicdnsrecords.dns.stoa.dev', 'patch dnsproviders.dns.stoa.dev'],
      ...['nodes', 'namespaces', 'services', 'secrets'].flatMap((kind) => [`list ${kind}`, `watch ${kind}`]),
      'get namespaces kube-system',
      ...['create', 'patch'].map((verb) => `${verb} events.events.k8s.io`),
      ...['get', 'create', 'update'].map((verb) => `${verb} configmaps`),
      ...[
        'create leases.coordination.k8s.io',
        'get leases.coordination.k8s.io stoa',
        'update leases.coordination.k8s.io stoa',
      ],
    ]
    expect([...grants].sort()).toEqual(expected.sort())
  })

  it('are all in the table of what is needed in a cluster', () => {
    const table = read('docs/spec/cluster.md').split('\n')
    const wordsFor = (verb: string, resource: string): string => {
      if (resource.endsWith('/status')) return '`/status`'
      if (verb === 'get' && resource === 'namespaces') return '`kube-system`'
      const isOurs = /^(dynamicdnsrecords|nodepools|wanaddresses|dnsproviders)$/.test(resource)
      return isOurs && verb !== 'patch' ? 'the four kinds' : `\`${resource}\``
    }
    const untold = grants.filter((grant) => {
      const [, verb = '', resource = ''] = /^(\w+) ([\w/]+)/.exec(grant) ?? []
      const row = new RegExp(`^\\| [^|]*\\b${verb}\\b[^|]*\\|`)
      return !table.some((line) => row.test(line) && line.includes(wordsFor(verb, resource)))
    })
    expect(untold).toEqual([])
  })
})

describe('the Lease that is taken', () => {
  it('is the one that the rights of deploy/ are for', () => {
    const { spec } = (load('deploy/kustomize/base/deployment.yaml') as { spec: { template: { spec: PodSpec } } }).spec
      .template
    expect(spec.containers[0]?.args).toContain('--lease-name=stoa')
  })

  it('is in the chart called what the release is, and so are its rights', () => {
    expect(read('charts/stoa/templates/deployment.yaml')).toContain('- --lease-name={{ include "stoa.fullname" . }}\n')
    const rbac = read('charts/stoa/templates/rbac.yaml')
    expect(rbac).toContain('$name := include "stoa.fullname" .')
    expect(rbac).toMatch(/resources: \[leases\]\n +resourceNames: \[\{\{ \$name \}\}\]/)
  })
})

it('lets through to every STUN server of the examples', () => {
  const { networkPolicy } = load('charts/stoa/values.yaml') as { networkPolicy: { stunPorts: readonly number[] } }
  // The demo runs on the machine of whoever tries it.
  const files = (readdirSync(new URL('examples/', root), { recursive: true }) as string[]).filter(
    (file) => file.endsWith('.yaml') && !file.startsWith('demo/'),
  )
  const servers = files.flatMap((file) =>
    parseAllDocuments(read(`examples/${file}`)).flatMap((document) => {
      const { kind, spec } = (document.toJS() ?? {}) as { kind?: string; spec?: { stun?: { servers?: string[] } } }
      return kind === 'WANAddress' ? (spec?.stun?.servers ?? []) : []
    }),
  )
  expect(servers.length).toBeGreaterThan(0)
  const ports = servers.map((server) => Number(/:(\d+)$/.exec(server)?.[1] ?? 3478))
  expect(ports.filter((port) => !networkPolicy.stunPorts.includes(port))).toEqual([])
})

it('runs with the least a container can have', () => {
  const { spec } = (load('deploy/kustomize/base/deployment.yaml') as { spec: { template: { spec: PodSpec } } }).spec
    .template
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  for (const { securityContext } of spec.containers) {
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  }
})

interface PodSpec {
  readonly securityContext: object
  readonly containers: readonly { readonly args: readonly string[]; readonly securityContext: object }[]
}

interface Role {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
    readonly resourceNames?: readonly string[]
  }[]
}
