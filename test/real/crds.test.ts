// The CRDs in a real apiserver: accepted, of one mind with our own parser, and good to use with kubectl.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KIND_DEFINITIONS } from '../../src/api/generated/schemas.ts'
import { API_VERSION, KIND_NAMES, isKindName } from '../../src/api/kinds.ts'
import { parseObject } from '../../src/api/parse-object.ts'
import { formatPath, type Problem } from '../../src/api/problem.ts'
import { loadApiCases } from '../api-cases/load.ts'
import { sampleMutations } from '../api-cases/mutate.ts'
import { startApiserver, type Apiserver } from './support/apiserver.ts'

const GROUP_PATH = '/apis/dns.stoa.dev/v1alpha1/namespaces/default'
const crds = fileURLToPath(new URL('../../crds', import.meta.url))

let apiserver: Apiserver

beforeAll(async () => {
  apiserver = await startApiserver()
  await kubectl('apply', '--server-side', '--kustomize', crds)
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', ...KIND_NAMES.map(crdName))
})
afterAll(() => apiserver.stop())

function crdName(kind: (typeof KIND_NAMES)[number]): string {
  return `${KIND_DEFINITIONS[kind].plural}.dns.stoa.dev`
}

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** Applies as Argo CD does: server-side, as one manager, forced. */
async function applyAs(manager: string, object: unknown): Promise<Stored> {
  const { kind, metadata } = object as { kind: string; metadata: { name: string } }
  const path = `${GROUP_PATH}/${pluralOf(kind)}/${metadata.name}?fieldManager=${manager}&force=true&fieldValidation=Strict`
  const answer = await apiserver.request('PATCH', path, object, { 'content-type': 'application/apply-patch+yaml' })
  if (answer.status >= 300) throw new Error(answer.text)
  return answer.body as Stored
}

interface Stored {
  readonly metadata: { readonly generation: number; readonly resourceVersion: string }
  readonly spec: Readonly<Record<string, unknown>>
  readonly status: Readonly<Record<string, unknown>>
}

interface Judgement {
  readonly accepted: boolean
  readonly stored: Stored | undefined
  /** Everything it says, one text per problem: `path: message`. */
  readonly complaints: readonly string[]
}

interface Refusal {
  readonly message?: string
  readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] }
}

async function judge(object: Readonly<Record<string, unknown>>): Promise<Judgement> {
  const path = `${GROUP_PATH}/${pluralOf(String(object['kind']))}?dryRun=All&fieldValidation=Strict`
  const { status, body } = await apiserver.request('POST', path, object)
  if (status === 201) return { accepted: true, stored: body as Stored, complaints: [] }
  const { message = '', details } = body as Refusal
  expect([400, 422], message).toContain(status)
  return {
    accepted: false,
    stored: undefined,
    complaints: details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [message],
  }
}

/** What we make of an object that the apiserver has stored. */
function readBack(stored: Stored | undefined): unknown {
  const read = parseObject(stored)
  return read.kind === 'ok' ? read.object.spec : read.problems
}

function pluralOf(kind: string): string {
  return isKindName(kind) ? KIND_DEFINITIONS[kind].plural : 'nodepools'
}

function record(name: string, spec: unknown): Readonly<Record<string, unknown>> {
  return { apiVersion: API_VERSION, kind: 'DynamicDNSRecord', metadata: { name, namespace: 'default' }, spec }
}

const SMALL = { hostnames: ['shop.example.com'], targets: [{ wan: { name: 'home' } }] }

describe('the CRDs', () => {
  it.each(KIND_NAMES)('%s is established, without a word against its schema', async (kind) => {
    const text = await kubectl('get', 'crd', crdName(kind), '--output=json')
    const { status } = JSON.parse(text) as { status: { conditions: { type: string; status: string }[] } }
    const found = status.conditions.map((condition) => `${condition.type}=${condition.status}`)
    expect(found.sort()).toEqual(['Established=True', 'NamesAccepted=True'])
  })
})

describe('the apiserver and our own parser', () => {
  const cases = loadApiCases()

  it.each(cases)('agree on $name', async ({ object, because }) => {
    const theirs = await judge(object)
    const ours = parseObject(object)
    expect(theirs.accepted, theirs.complaints.join('\n')).toBe(because === undefined)
    expect(ours.kind === 'ok').toBe(theirs.accepted)
    if (ours.kind === 'ok') {
      expect(readBack(theirs.stored)).toEqual(ours.object.spec)
      expect(theirs.stored?.status).toEqual(ours.object.status)
    } else {
      for (const problem of ours.problems.filter(({ rule }) => rule === 'cel')) expectComplaint(theirs, problem)
    }
  })

  it('agree on 3,000 objects that are one change away from a good one', async () => {
    const good = cases.filter(({ because }) => because === undefined)
    const mutations = sampleMutations(good, 3000, 20_260_101)
    const queue = [...mutations]
    const disagreements: string[] = []
    let accepted = 0
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const theirs = await judge(next.object)
        const ours = parseObject(next.object)
        if (theirs.accepted) accepted += 1
        if (theirs.accepted !== (ours.kind === 'ok'))
          disagreements.push(`${next.name}: ${theirs.complaints.join('; ')}`)
        if (ours.kind === 'ok') expect(readBack(theirs.stored)).toEqual(ours.object.spec)
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect(disagreements).toEqual([])
    expect(accepted).toBeGreaterThan(100)
  })
})

/** It stops at unknown fields, and before the rules when fields are missing or of another type. */
function expectComplaint({ complaints }: Judgement, { path, message }: Problem): void {
  if (complaints.some((complaint) => complaint.includes('strict decoding error'))) return
  const field = formatPath(path).replace(/(?<=matchLabels)\.(\w+)/, '[$1]')
  expect(
    complaints.filter((text) => text.startsWith(`${field}: `) && text.includes(message)),
    complaints.join('\n'),
  ).toHaveLength(1)
}

describe('kubectl', () => {
  beforeAll(async () => {
    await applyAs('test', record('shop', { ...SMALL, providerRef: { name: 'main' }, mode: 'PlanAll' }))
    await applyAs('test', record('other', { ...SMALL, hostnames: ['other.example.com'], ttlSeconds: 60 }))
    const condition = {
      ...{ type: 'Ready', status: 'True', reason: 'Succeeded', message: '2 of 2 record sets are in sync' },
      ...{ observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' },
    }
    const status = {
      ...{
        observedGeneration: 1,
        conditions: [condition],
        addresses: '203.0.113.7, 203.0.113.9',
        providers: 'dns/main',
      },
      recordSets: [
        { name: 'shop.example.com', type: 'A', ttl: 300, values: ['203.0.113.7'], state: 'InSync', adopted: false },
      ],
    }
    const patch = { apiVersion: API_VERSION, kind: 'DynamicDNSRecord', metadata: { name: 'shop' }, status }
    const path = `${GROUP_PATH}/dynamicdnsrecords/shop/status?fieldManager=stoa&force=true`
    const answer = await apiserver.request('PATCH', path, patch, { 'content-type': 'application/apply-patch+yaml' })
    expect(answer.status, answer.text).toBe(200)
  })

  const columnsOf = (table: string): string[][] =>
    table
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/).map((cell) => cell.trim()))

  it('get shows what people ask first', async () => {
    const [header, ...rows] = columnsOf(await kubectl('get', 'dynamicdnsrecords', 'shop'))
    expect(header).toEqual(['NAME', 'HOSTNAME', 'ADDRESSES', 'READY', 'REASON', 'AGE'])
    expect(rows[0]?.slice(0, 5)).toEqual(['shop', 'shop.example.com', '203.0.113.7, 203.0.113.9', 'True', 'Succeeded'])
  })

  it('get -o wide shows the rest', async () => {
    const [header, row] = columnsOf(await kubectl('get', 'ddr', 'shop', '--output=wide'))
    expect(header?.slice(6)).toEqual(['PROVIDERS', 'TTL', 'MESSAGE'])
    expect(row?.slice(6)).toEqual(['dns/main', '300', '2 of 2 record sets are in sync'])
  })

  it.each([
    ['dnspool', ['NAME', 'ACTIVE', 'TOTAL', 'ADDRESSES', 'READY', 'REASON', 'AGE'], 'NodePool', { selector: {} }],
    ['wan', ['NAME', 'IPV4', 'IPV6', 'READY', 'REASON', 'AGE'], 'WANAddress', { interface: {}, quorum: 1 }],
    [
      'dnsp',
      ['NAME', 'TYPE', 'ZONES', 'READY', 'REASON', 'AGE'],
      'DNSProvider',
      { type: 'Builtin', zones: ['example.com'] },
    ],
  ])('knows the short name %s', async (short, header, kind, spec) => {
    await applyAs('test', { ...record('one', spec), kind })
    const table = columnsOf(await kubectl('get', short))
    expect(table[0]).toEqual(header)
    expect(table[1]?.[0]).toBe('one')
  })

  it('get stoa lists all kinds', async () => {
    const names = await kubectl('get', 'stoa', '--output=name')
    const kinds = names
      .trim()
      .split('\n')
      .map((name) => name.split('.')[0])
    expect([...new Set(kinds)].sort()).toEqual(['dnsprovider', 'dynamicdnsrecord', 'nodepool', 'wanaddress'])
  })

  it.each([
    ['spec.providerRef.name=main', 'shop'],
    ['spec.mode=PlanAll', 'shop'],
    ['spec.mode=Apply', 'other'],
  ])('selects records by %s', async (selector, expected) => {
    const names = await kubectl('get', 'ddr', `--field-selector=${selector}`, '--output=name')
    expect(names.trim()).toBe(`dynamicdnsrecord.dns.stoa.dev/${expected}`)
  })

  it.each([
    ['ddr.spec', 'targets	<[]Object> -required-'],
    ['ddr.spec.targets.geo', 'A country by its two-letter ISO 3166-1 code'],
    ['nodepools.dns.stoa.dev.spec.drain', 'How long a member must be fine before it returns to DNS.'],
    ['wan.spec.stun', 'Ask STUN servers (RFC 8489).'],
    ['dnsp.spec.guard', 'A brake on mistakes.'],
  ])('explain %s reads well', async (path, expected) => {
    const text = await kubectl('explain', path)
    expect(text.replaceAll(/\s*\n\s+/g, ' ')).toContain(expected)
  })

  it('wait sees that a record is ready, and that it is no longer after a change of the spec', async () => {
    await kubectl('wait', '--for=condition=Ready', '--timeout=5s', 'ddr/shop')
    await applyAs('test', record('shop', { ...SMALL, providerRef: { name: 'main' }, mode: 'PlanAll', ttlSeconds: 120 }))
    const { code, stderr } = await apiserver.kubectl(['wait', '--for=condition=Ready', '--timeout=1s', 'ddr/shop'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('timed out') as string })
  })
})

describe('a stored object', () => {
  it('says at first sight that nothing has been observed', async () => {
    expect((await applyAs('test', record('fresh', SMALL))).status).toEqual({ observedGeneration: -1 })
  })

  it('has a status that is written apart from its spec', async () => {
    const { metadata, spec } = await applyAs('test', record('split', SMALL))
    const path = `${GROUP_PATH}/dynamicdnsrecords/split/status`
    const patch = { spec: { ttlSeconds: 1 }, status: { observedGeneration: 1, addresses: '192.0.2.1' } }
    const answer = await apiserver.request('PATCH', path, patch)
    expect(answer).toMatchObject({ status: 200, body: { spec, status: patch.status } })
    expect((answer.body as Stored).metadata.generation).toBe(metadata.generation)
    const ofSpec = await applyAs('test', {
      ...record('split', { ...SMALL, ttlSeconds: 60 }),
      status: { addresses: 'x' },
    })
    expect(ofSpec.status).toEqual(patch.status)
    expect(ofSpec.metadata.generation).toBe(2)
  })

  it('refuses a status that does not fit', async () => {
    await applyAs('test', record('strict', SMALL))
    const path = `${GROUP_PATH}/dynamicdnsrecords/strict/status`
    const status = { recordSets: [{ name: 'a.example.com', type: 'A', ttl: 1, values: [], state: 'Fine' }] }
    const answer = await apiserver.request('PATCH', path, { status })
    expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining('state') as string } })
  })

  it('loses a default that its manifest overrides later', async () => {
    await applyAs('argocd-controller', record('families', SMALL))
    const { spec } = await applyAs('argocd-controller', record('families', { ...SMALL, addressFamilies: ['IPv6'] }))
    expect(spec['addressFamilies']).toEqual(['IPv6'])
  })

  it('loses a probe that its manifest replaces by another', async () => {
    const probing = (healthCheck: unknown): unknown => record('probing', { ...SMALL, healthCheck })
    await applyAs('argocd-controller', probing({ httpGet: { port: 80 }, periodSeconds: 9 }))
    const { spec } = await applyAs('argocd-controller', probing({ tcpSocket: { port: 80 } }))
    expect(spec['healthCheck'], 'and no default that its manifest does not have').toEqual({ tcpSocket: { port: 80 } })
  })

  it('loses the block of the provider type it had before', async () => {
    const provider = (spec: unknown): unknown => ({ ...record('moving', spec), kind: 'DNSProvider' })
    const credentialsSecretRef = { name: 'token' }
    await applyAs('argocd-controller', provider({ type: 'Cloudflare', credentialsSecretRef, cloudflare: {} }))
    const { spec } = await applyAs('argocd-controller', provider({ type: 'Gandi', credentialsSecretRef, gandi: {} }))
    expect(spec['cloudflare']).toBeUndefined()
    expect(spec['gandi']).toEqual({})
  })

  it('keeps a pause that did not come from its manifest', async () => {
    await applyAs('argocd-controller', record('paused', SMALL))
    await apiserver.request('PATCH', `${GROUP_PATH}/dynamicdnsrecords/paused`, { spec: { suspend: true } })
    expect((await applyAs('argocd-controller', record('paused', SMALL))).spec['suspend']).toBe(true)
  })
})
