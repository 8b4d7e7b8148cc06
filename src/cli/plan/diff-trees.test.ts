import { describe, expect, it } from 'vitest'
import { fixed, HOME, INFRA, record, SHOP } from '../../../test/support/plan-manifests.ts'
import { summarizeReport } from '../../plan/plan-report.ts'
import { renderPlanText } from '../../plan/render-text.ts'
import { parseTreeFile } from '../../store/git/parse-tree-file.ts'
import { joinFiles, type Finding, type Tree } from '../../store/git/tree.ts'
import { diffTrees } from './diff-trees.ts'

type Files = Readonly<Record<string, string>>

interface Diff {
  /** The lines of changes, as a person sees them. */
  readonly changes: readonly string[]
  readonly text: string
  readonly findings: readonly Finding[]
}

/** A text stands for a file beside INFRA. */
function diff(before: string | Files, after: string | Files): Diff {
  const steps = diffTrees(treeOf(before), treeOf(after))
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  const { report, findings } = step.value
  const text = renderPlanText(report)
  const changes = text.split('\n').flatMap((line) => (/^ {2}[+~<-] /.test(line) ? line.trim() : []))
  expect(changes).toHaveLength(countChanges(summarizeReport(report)))
  return { changes, text, findings }
}

function countChanges(summary: ReturnType<typeof summarizeReport>): number {
  return summary.create + summary.update + summary.delete + summary.release
}

function treeOf(given: string | Files): Tree {
  const files = typeof given === 'string' ? { 'infra.yaml': INFRA, 'records.yaml': given } : given
  const parsed = Object.entries(files).map(([file, text]) => parseTreeFile(file, Buffer.from(text), 'default'))
  return joinFiles(parsed, [], undefined)
}

const failover = (x: number, y: number): string => {
  const targets = `{name: one, priority: ${x}, addresses: [192.0.2.1]}, {name: two, priority: ${y}, addresses: [192.0.2.2]}`
  return record('web/a', `{hostnames: [a.example.com], routing: {policy: Failover}, targets: [${targets}]}`)
}
const both = record('web/a', '{hostnames: [a.example.com, b.example.com], targets: [{addresses: [192.0.2.1]}]}')
const other = fixed('a').replace('192.0.2.1', '192.0.2.7')

describe('the plan between two trees', () => {
  it('shows what the world knows in words, and what is written as it is written', () => {
    const front = record('web/front', '{hostnames: [front.example.com], targets: [{service: {name: front}}]}')
    expect(diff('', HOME + record('web/shop', SHOP) + front).changes).toEqual([
      '+ create A front.example.com: Service front (TTL 300)',
      '+ create A home.example.com: the WAN address (TTL 300)',
      '+ create A shop.example.com: the members of pool edge, 192.0.2.10 (TTL 300)',
    ])
  })

  it.each([
    ['nothing changes', fixed('a'), `# a comment\n${fixed('a')}`, []],
    ['a record is added', fixed('a'), fixed('a') + fixed('b'), ['+ create A b.example.com: 192.0.2.1 (TTL 300)']],
    [
      'a record is edited',
      fixed('a'),
      fixed('a', ', ttlSeconds: 60').replace('192.0.2.1', '192.0.2.7'),
      ['~ update A a.example.com: adds 192.0.2.7; removes 192.0.2.1; TTL 300 → 60'],
    ],
    ['a record is removed', fixed('a') + fixed('b'), fixed('b'), ['- delete A a.example.com: was 192.0.2.1 (TTL 300)']],
    [
      'a record is removed that is to be retained',
      fixed('a', ', deletionPolicy: Retain') + fixed('b'),
      fixed('b'),
      ['< release A a.example.com: 192.0.2.1 stays, but is no longer managed'],
    ],
    ['a hostname leaves a record', both, fixed('a'), ['- delete A b.example.com: was 192.0.2.1 (TTL 300)']],
    ['what is suspended is edited', fixed('a', ', suspend: true'), fixed('a', ', suspend: true, ttlSeconds: 60'), []],
    ['what was suspended goes on', fixed('a', ', suspend: true'), fixed('a'), []],
    [
      'another target comes first',
      failover(1, 2),
      failover(3, 2),
      ['~ update A a.example.com: adds 192.0.2.2; removes 192.0.2.1'],
    ],
    ['a target comes in second', failover(1, 2), failover(1, 3), []],
  ])('when %s', (_, before, after, changes) => {
    expect(diff(before, after).changes).toEqual(changes)
  })

  it('calls a move between namespaces a handover, and no change', () => {
    expect(diff(record('web/shop', SHOP), record('shop/shop', SHOP)).text).toBe(
      `zone example.com at infra/main
  i A shop.example.com is handed over from web/shop to shop/shop; what it answers stays

plan: no changes; 1 unchanged
`,
    )
  })

  it('follows the hosts of a pool into every record that uses it', () => {
    const records = record('web/shop', SHOP)
    const before = { 'infra.yaml': INFRA, records }
    const after = { 'infra.yaml': INFRA.replace('192.0.2.10', '192.0.2.11'), records }
    const { changes, text } = diff(before, after)
    expect(changes).toEqual(['~ update A shop.example.com: adds 192.0.2.11; removes 192.0.2.10'])
    expect(text).not.toContain('is edited')
  })

  it('finds the zone of a hostname that depends on a placeholder', () => {
    const zones = INFRA.replace('[example.com]', '[eu.example.com]')
    const spec = '{hostnames: ["www.{region}.example.com"], targets: [{addresses: [192.0.2.1], region: eu}]}'
    const { changes } = diff({ 'infra.yaml': zones }, { 'infra.yaml': zones, 'www.yaml': record('web/www', spec) })
    expect(changes).toEqual(['+ create A www.eu.example.com: 192.0.2.1 (TTL 300)'])
  })

  it('says that a symbol hides what became of its source', () => {
    const records = record('web/shop', SHOP)
    const after = { 'infra.yaml': INFRA.replace('role: edge', 'role: ingress'), records }
    const { text } = diff({ 'infra.yaml': INFRA, records }, after)
    expect(text).toContain('! NodePool infra/edge is edited: what it gives may be other addresses')
  })

  it('takes nodes that are written down for the members of a pool', () => {
    const node = `---
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {role: edge}}
status: {addresses: [{type: ExternalIP, address: 8.8.4.4}]}
`
    expect(diff(record('web/shop', SHOP), record('web/shop', SHOP) + node).changes).toEqual([
      '~ update A shop.example.com: adds 8.8.4.4; removes the members of pool edge',
    ])
  })

  it('reports refusals', () => {
    const rival = record('web/b', '{hostnames: [a.example.com, x.example.org], targets: [{addresses: [192.0.2.9]}]}')
    const { text } = diff(fixed('a'), fixed('a') + rival)
    expect(text).toContain('(Conflicted)')
    expect(text).toContain('x.example.org: add the zone or correct the name (NoProviderForZone)')
    expect(text).toContain('plan: no changes; 2 refused, 1 unchanged\n')
  })

  it('keeps the last valid version of what is invalid now, and plans the rest', () => {
    const broken = record('web/a', '{hostnames: [a.example.com], targets: [{addresses: [nonsense]}]}')
    const { changes, text, findings } = diff(fixed('a'), broken + fixed('b'))
    expect(findings).toMatchObject([{ severity: 'error', file: 'records.yaml' }])
    expect(text).toMatch(/^! records\.yaml:\d+: DynamicDNSRecord a: /m)
    expect(changes).toEqual(['+ create A b.example.com: 192.0.2.1 (TTL 300)'])
  })

  it('removes nothing while a file cannot be read', () => {
    const before = { 'infra.yaml': INFRA, 'a.yaml': fixed('a'), 'b.yaml': fixed('b') }
    const { changes, text } = diff(before, { ...before, 'a.yaml': 'a: [', 'b.yaml': fixed('c') })
    expect(changes).toEqual(['+ create A c.example.com: 192.0.2.1 (TTL 300)'])
    expect(text).toContain('! no removal is shown: kept until a.yaml:1 can be read')
  })

  it('shows a removal of most of the tree, and that it will be asked about', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => fixed(name)).join('')
    const { changes, text } = diff(many, fixed('a'))
    expect(changes).toHaveLength(6)
    expect(text).toContain('! a Stoa that follows this repository will ask first: kept, because it is most')
    expect(text).toContain('! the guard of DNSProvider infra/main will ask first: deleting 6 record sets is held')
  })

  it('says what waits for an approval by its mode', () => {
    const { text } = diff(fixed('a') + fixed('b', ', mode: PlanAll'), other + fixed('b', ', mode: PlanAll'))
    expect(text).not.toContain('PlanAll')
    expect(diff('', fixed('a', ', mode: PlanAll')).text).toContain(
      '! web/a has spec.mode PlanAll: its changes wait for an approval',
    )
  })

  it('says that names move to another provider only when asked', () => {
    const elsewhere = (INFRA.split('---')[0] ?? '').replace('name: main', 'name: other')
    const moved = fixed('a', ', providerRef: {name: other, namespace: infra}')
    const { changes, text } = diff(fixed('a'), { 'infra.yaml': INFRA, 'other.yaml': elsewhere, 'records.yaml': moved })
    expect(changes).toEqual([])
    expect(text).toContain('although it now belongs into zone example.com of infra/other')
    expect(text).toContain('(MoveHeld)')
  })
})

describe('the plan of manifests that say only a part', () => {
  it('presumes providers, pools and WAN addresses that are elsewhere, and says so', () => {
    const nodes = '{hostnames: ["{member}.a.example.co.uk"], targets: [{nodePool: {name: edge, namespace: infra}}]}'
    const { changes, text } = diff({}, { records: HOME + record('web/a', nodes) })
    expect(changes).toEqual([
      '+ create A {member}.a.example.co.uk: the members of pool edge (TTL 300)',
      '+ create A home.example.com: the WAN address (TTL 300)',
    ])
    expect(text).toContain('! NodePool infra/edge is not among these manifests')
    expect(text).toContain('! WANAddress infra/default is not among these manifests')
    expect(text).toContain('taken to be example.co.uk, example.com\n')
  })

  it('presumes the provider that a record names', () => {
    const records = fixed(
      'a',
      ', providerRef: {name: cf, namespace: dns}, providerOptions: {cloudflare: {proxied: true}}',
    )
    const { changes, text } = diff({}, { infra: INFRA, records })
    expect(changes).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300, proxied true)'])
    expect(text).toContain('the zones of DNSProvider dns/cf are not written in these manifests')
  })

  it('presumes the zones of a provider that lists them itself', () => {
    const infra = INFRA.replace('type: RFC2136', 'type: Route53').replace(/ {2}zones.*\n {2}rfc2136.*\n/, '')
    const { changes, text } = diff({ infra }, { infra, records: fixed('a') })
    expect(changes).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
    expect(text).toContain(
      'the zones of DNSProvider infra/main are not written in these manifests; taken to be example.com',
    )
  })

  it.each([
    ['Route53', 400],
    ['Builtin', 500],
  ])('shows as many values as %s takes', (type, most) => {
    const infra = INFRA.replace('type: RFC2136', `type: ${type}`).replace(/ {2}rfc2136.*\n/, '')
    const addresses = Array.from({ length: 500 }, (_, index) => `203.0.${index >> 8}.${index & 0xff}`).join(', ')
    const many = record(
      'web/a',
      `{hostnames: [a.example.com], maxAddresses: 1000, targets: [{addresses: [${addresses}]}]}`,
    )
    expect(diff({ infra }, { infra, many }).changes).toEqual([
      expect.stringContaining(` and ${most - 10} more (TTL 300)`),
    ])
  })

  it('says which names wait because nobody knows who may have them', () => {
    const infra = INFRA.replace('{from: All}}]', '{from: Selector, matchLabels: {team: web}}}]')
    expect(diff({ infra }, { infra, records: fixed('a') }).text).toContain('its labels could not be read')
    const namespace = '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {team: web}}\n'
    expect(diff({ infra }, { infra, records: fixed('a') + namespace }).changes).toHaveLength(1)
  })
})
