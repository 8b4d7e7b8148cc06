// The three forms in which a plan is shown, over one report.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  capabilities,
  clear,
  hold,
  key,
  ours,
  OURS,
  owner,
  shop,
  stored,
  THEIRS,
  update,
  ZONE,
} from '../../test/support/zone-builders.ts'
import type { Fqdn } from '../model/name.ts'
import { ZoneTable } from '../model/zone.ts'
import { calculatePlan } from './calculate-plan.ts'
import { hashPlans } from './hash-plan.ts'
import type { PlanReport } from './plan-report.ts'
import type { Plan } from './plan.ts'
import { renderPlanJson } from './render-json.ts'
import { escapeMarkdown, renderPlanMarkdown } from './render-markdown.ts'
import { PLAIN_STYLE, renderPlanText } from './render-text.ts'

const plan = calculatePlan({
  zone: ZONE,
  ownerId: OURS,
  capabilities: capabilities('PerValue'),
  observed: new ZoneTable([
    ours('A b', ['192.0.2.1']),
    ours('A c', ['192.0.2.1']),
    ours('A d', ['192.0.2.1']),
    ours('A e', ['192.0.2.1']),
    stored('A f', [['192.0.2.9']]),
    stored('A h', [
      ['192.0.2.1', owner(shop)],
      ['192.0.2.9', owner(shop, THEIRS)],
    ]),
  ]),
  intents: [
    update('A a', ['192.0.2.1']),
    update('A b', ['192.0.2.2'], { ttl: 60 }),
    clear('A c'),
    clear('A d', 'Retain'),
    update('A e', ['192.0.2.1']),
    update('A f', ['192.0.2.1']),
    hold('A g'),
    update('A h', ['192.0.2.1', '192.0.2.9']),
  ],
})
const hash = hashPlans([plan])
const bare = { refusals: [], approvals: [], unknown: [], warnings: [] }
const report: PlanReport = { ...bare, plans: [plan], warnings: ['no provider for example.org'] }
const nothing: Plan = { zone: ZONE, changes: [], refusals: [], holds: [], notes: [], unchanged: 0 }

describe('a plan as text', () => {
  it('says every change, refusal, hold and note, and what it comes to', () => {
    expect(renderPlanText(report)).toBe(`zone example.com at dns/main
  + create A a.example.com: 192.0.2.1 (TTL 300)
  ~ update A b.example.com: adds 192.0.2.2; removes 192.0.2.1; TTL 300 → 60
  - delete A c.example.com: was 192.0.2.1 (TTL 300)
  < release A d.example.com: 192.0.2.1 stays, but is no longer managed
  ! refused for web/shop: A f.example.com already holds 192.0.2.9 without an owner's mark: set spec.adopt: true to take it over (once for each edit of the spec), or delete it at the provider (NotOwned)
  = held A g.example.com: pool edge is not there (PoolNotFound)
  i A h.example.com already has 192.0.2.9 from elsewhere; it is left to its owner, who may remove it

! no provider for example.org

plan: 1 to create, 1 to update, 1 to delete, 1 to release; 1 refused, 1 held, 2 unchanged (hash ${hash})
`)
  })

  it('says so when there is nothing to do', () => {
    expect(renderPlanText({ ...bare, plans: [] })).toBe('plan: no changes\n')
    expect(renderPlanText({ ...bare, plans: [{ ...nothing, unchanged: 1234 }] })).toBe(
      'plan: no changes; 1,234 unchanged\n',
    )
  })

  it('never says that nothing changes where it is not known', () => {
    const unknown = ['a.example.com', 'b.example.com']
    expect(renderPlanText({ ...bare, unknown, plans: [] })).toBe('plan: not known for 2 names\n')
    expect(renderPlanMarkdown({ ...bare, unknown, plans: [{ ...nothing, unchanged: 3 }] })).toBe(
      '**DNS plan**: not known for 2 names; 3 unchanged\n',
    )
    const changes = plan.changes.slice(0, 1)
    expect(renderPlanText({ ...bare, unknown, plans: [{ ...nothing, changes }] })).toContain(
      'plan: 1 to create, and 2 names not known (hash ',
    )
    expect(JSON.parse(renderPlanJson({ ...bare, unknown, plans: [] }))).toMatchObject({
      unknown,
      summary: { unknown: 2 },
    })
  })

  it('takes its colours from the style', () => {
    const loud = { ...PLAIN_STYLE, delete: (text: string) => `<red>${text}</red>` }
    expect(renderPlanText(report, loud)).toContain('  <red>- delete A c.example.com: was 192.0.2.1 (TTL 300)</red>\n')
  })

  it('prints nothing that could drive a terminal', () => {
    const evil = { ...report, warnings: ['\u001b]0;pwned\u0007', 'line\nbreak'] }
    expect(renderPlanText(evil)).toContain('! \\u{1b}]0;pwned\\u{7}\n! line\\u{a}break\n')
  })
})

describe('a plan as JSON', () => {
  it('has one stable shape', () => {
    const small: Plan = {
      ...plan,
      changes: plan.changes.slice(1, 3),
      notes: plan.notes.slice(0, 1),
      refusals: [
        ...plan.refusals,
        { resource: shop, name: '{member}', key: undefined, reason: 'InvalidName', message: 'm' },
      ],
    }
    const text = renderPlanJson({ ...bare, plans: [small] })
    const resource = { namespace: 'web', name: 'shop' }
    const mark = { id: 'cluster-a', uid: 'uid-shop', resource: 'dynamicdnsrecord/web/shop', adopted: false }
    expect(text.endsWith('}\n')).toBe(true)
    expect(JSON.parse(text)).toEqual({
      version: 1,
      hash: hashPlans([small]),
      summary: { create: 0, update: 1, delete: 1, release: 0, refused: 2, held: 1, unknown: 0, unchanged: 2 },
      refusals: [],
      approvals: [],
      unknown: [],
      warnings: [],
      zones: [
        {
          provider: 'dns/main',
          zone: 'example.com',
          unchanged: 2,
          changes: [
            {
              action: 'update',
              name: 'b.example.com',
              type: 'A',
              setId: '',
              resource,
              previous: { values: [{ value: '192.0.2.1', owner: mark }], ttl: 300, routing: null, options: null },
              next: { values: [{ value: '192.0.2.2', owner: mark }], ttl: 60, routing: null, options: null },
              summary: 'update A b.example.com: adds 192.0.2.2; removes 192.0.2.1; TTL 300 → 60',
            },
            {
              action: 'delete',
              name: 'c.example.com',
              type: 'A',
              setId: '',
              resource,
              previous: { values: [{ value: '192.0.2.1', owner: mark }], ttl: 300, routing: null, options: null },
              next: null,
              summary: 'delete A c.example.com: was 192.0.2.1 (TTL 300)',
            },
          ],
          refusals: [
            {
              name: 'f.example.com',
              type: 'A',
              setId: '',
              resource,
              reason: 'NotOwned',
              message: expect.stringContaining('192.0.2.9') as string,
            },
            { name: '{member}', type: null, setId: null, resource, reason: 'InvalidName', message: 'm' },
          ],
          holds: [
            {
              name: 'g.example.com',
              type: 'A',
              setId: '',
              resource,
              reason: 'PoolNotFound',
              message: 'pool edge is not there',
            },
          ],
          notes: [
            {
              name: 'h.example.com',
              type: 'A',
              setId: '',
              resource,
              message:
                'A h.example.com already has 192.0.2.9 from elsewhere; it is left to its owner, who may remove it',
            },
          ],
        },
      ],
    })
  })

  it('writes null for what is not there', () => {
    const partial = stored('A a us', [['192.0.2.1'], ['192.0.2.2', { ...owner(shop), uid: undefined }]], {
      routing: { policy: 'Weighted', weight: 1 },
      options: { proxied: true },
    })
    const changes = [{ kind: 'create', key: partial.key, resource: shop, next: partial } as const]
    const json = JSON.parse(renderPlanJson({ ...bare, plans: [{ ...nothing, changes }], warnings: ['w'] })) as {
      readonly warnings: unknown
      readonly zones: readonly { readonly changes: readonly unknown[] }[]
    }
    expect(json.warnings).toEqual(['w'])
    expect(json.zones[0]?.changes[0]).toMatchObject({
      setId: 'us',
      previous: null,
      next: {
        values: [
          { value: '192.0.2.1', owner: null },
          { value: '192.0.2.2', owner: { uid: null } },
        ],
        routing: { policy: 'Weighted', weight: 1 },
        options: { proxied: true },
      },
    })
  })
})

describe('a plan as Markdown', () => {
  it('has a summary, a table, refusals, holds and warnings', () => {
    expect(renderPlanMarkdown(report))
      .toBe(`**DNS plan**: 1 to create, 1 to update, 1 to delete, 1 to release; 1 refused, 1 held, 2 unchanged (hash ${hash})

| | Record | Change | For | Zone |
|---|---|---|---|---|
| create | <code>A a.example.com</code> | 192.0.2.1 (TTL 300) | web&#47;shop | <code>example.com</code> |
| update | <code>A b.example.com</code> | adds 192.0.2.2; removes 192.0.2.1; TTL 300 → 60 | web&#47;shop | <code>example.com</code> |
| delete | <code>A c.example.com</code> | was 192.0.2.1 (TTL 300) | web&#47;shop | <code>example.com</code> |
| release | <code>A d.example.com</code> | 192.0.2.1 stays, but is no longer managed | web&#47;shop | <code>example.com</code> |

**Refused**

- **NotOwned** for web&#47;shop: A f.example.com already holds 192.0.2.9 without an owner&#39;s mark&#58; set spec.adopt&#58; true to take it over (once for each edit of the spec), or delete it at the provider

**Held**

- **PoolNotFound** <code>A g.example.com</code>: pool edge is not there

**Warnings**

- A h.example.com already has 192.0.2.9 from elsewhere; it is left to its owner, who may remove it
- no provider for example.org
`)
  })

  it('says so when there is nothing to do', () => {
    expect(renderPlanMarkdown({ ...bare, plans: [nothing] })).toBe('**DNS plan**: no changes\n')
  })

  it('stays short enough to be posted', () => {
    const changes = Array.from({ length: 1_300 }, (_, index) => {
      const name = `n${index}.example.com` as Fqdn
      return { kind: 'create', key: { ...key('A a'), name }, resource: shop, next: ours('A a', ['192.0.2.1']) } as const
    })
    const text = renderPlanMarkdown({ ...bare, plans: [{ ...nothing, changes }] })
    expect(text.split('\n').filter((line) => line.startsWith('| create'))).toHaveLength(200)
    expect(text).toContain('\n\n… and 1,100 more\n')
  })

  it('turns markup, links, mentions and table edges into plain characters', () => {
    expect(escapeMarkdown('a|b `c` <img> [x](http://y) @team #1 *b* _i_ \\| www.x.y')).toBe(
      'a&#124;b &#96;c&#96; &#60;img&#62; &#91;x&#93;(http&#58;&#47;&#47;y) &#64;team &#35;1 &#42;b&#42; &#95;i&#95; &#92;&#124; www&#46;x.y',
    )
  })

  it('keeps its table whole whatever the values and names say', () => {
    const hostile = fc.array(fc.constantFrom('|', '\n', '`', '<', '&', '\\', '*', '\r', 'a', '\u2028'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(hostile, hostile, (value, name) => {
        const next = ours('TXT a', [value.join('')])
        const resource = { ...shop, name: name.join('') }
        const changes = [{ kind: 'create', key: next.key, resource, next } as const]
        const lines = renderPlanMarkdown({ ...bare, plans: [{ ...nothing, changes }] }).split(/[\n\r\u2028]/)
        expect(lines).toHaveLength(6)
        expect(lines[4]?.match(/\|/g)).toHaveLength(6)
        expect(lines[4]?.replaceAll(/<\/?code>/g, '')).not.toMatch(/[<`*\\]/)
      }),
    )
  })
})

describe('what stands beside the plans of zones', () => {
  const message = 'no DNSProvider has a zone that contains x.example.org'
  const refusals = [
    { resource: shop, name: 'x.example.org', key: undefined, reason: 'NoProviderForZone', message } as const,
  ]
  const approvals = [
    { kind: 'DynamicDNSRecord', ref: 'web/shop', message: 'spec.mode is PlanAll', hash: '0123,4567' } as const,
  ]
  const beside = { ...bare, plans: [nothing], refusals, approvals }

  it('is in the text', () => {
    expect(renderPlanText(beside)).toBe(`! refused for web/shop: ${message} (NoProviderForZone)

? DynamicDNSRecord web/shop: spec.mode is PlanAll; to go on, annotate it with dns.stoa.dev/approve: 0123,4567

plan: no changes; 1 refused
`)
  })

  it('is in the Markdown', () => {
    expect(renderPlanMarkdown(beside)).toBe(`**DNS plan**: no changes; 1 refused

**Refused**

- **NoProviderForZone** for web&#47;shop: ${message}

**To approve**

- DynamicDNSRecord web&#47;shop: spec.mode is PlanAll: <code>dns.stoa.dev/approve: 0123,4567</code>
`)
  })

  it('is in the JSON', () => {
    expect(JSON.parse(renderPlanJson(beside))).toMatchObject({
      summary: { refused: 1 },
      refusals: [{ name: 'x.example.org', type: null, setId: null, reason: 'NoProviderForZone' }],
      approvals,
    })
  })
})
