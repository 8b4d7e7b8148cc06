// What the view does on the wire; test/real/kubectl-view.test.ts shows that kubectl understands it.
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKindDefinitions } from '../../../scripts/generate/crds.ts'
import type { Schema } from '../../api/schema.ts'
import { openViewBench, rawRecord, type ViewBench } from '../../../test/support/view-bench.ts'
import { describeAge } from './human-duration.ts'
import { compileJsonPath } from './json-path.ts'
import { ObjectLog } from './object-log.ts'
import type { RawObject } from './raw-object.ts'
import { parseFieldSelector, parseLabelSelector, UnreadableSelector } from './selectors.ts'
import { VIEW_DEFINITIONS } from './view-kinds.ts'

const RECORDS = '/apis/dns.stoa.dev/v1alpha1/dynamicdnsrecords'
let bench: ViewBench
beforeEach(async () => {
  bench = await openViewBench([rawRecord('shop'), rawRecord('mail')])
})
afterEach(() => bench.server.close())

interface Listing {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly RawObject[]
}

async function get(path: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const answer = await fetch(`${bench.url}${path}`, { headers })
  return [answer.status, await answer.json()]
}

function listTexts(schema: Schema | undefined): readonly unknown[] {
  const { description, properties = {}, items, additionalProperties } = schema ?? {}
  const inside = [...Object.values(properties), items, additionalProperties].filter((child) => child !== undefined)
  return [description, ...inside.map(listTexts)]
}

/** The events of a watch that ends after a second, in short. */
async function watch(query: string, meanwhile: () => void = () => undefined): Promise<readonly string[]> {
  const answer = await fetch(`${bench.url}${RECORDS}?watch=true&timeoutSeconds=1&${query}`)
  meanwhile()
  const lines = (await answer.text()).split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const { type, object } = JSON.parse(line) as { type: string; object: RawObject & { code?: number } }
    return `${type} ${object.metadata.name ?? object.code}`
  })
}

function sendWithHost(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${bench.url}${RECORDS}`, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

describe('the kubectl view', () => {
  it.each([
    ['localhost', 200],
    ['LOCALHOST:8001', 200],
    ['127.0.0.1:8001', 200],
    ['[::1]:8001', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:8001.evil.example', 403],
  ])('answers to the name %s with %i', async (host, status) => {
    expect(await sendWithHost(host)).toBe(status)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('answers %s with the remedy', async (method) => {
    const answer = await fetch(`${bench.url}/apis/dns.stoa.dev/v1alpha1/namespaces/web/dynamicdnsrecords/shop`, {
      method,
    })
    expect(answer.status).toBe(405)
    expect(await answer.json()).toMatchObject({
      ...{ kind: 'Status', reason: 'MethodNotAllowed' },
      message: 'dynamicdnsrecords.dns.stoa.dev "shop" is read-only here: change it in Git: dns/shop.yaml',
    })
  })

  it('says of each field what the CRD says, for kubectl explain', async () => {
    const folder = new URL('../../../crds/', import.meta.url)
    const [, document] = await get('/openapi/v3/apis/dns.stoa.dev/v1alpha1')
    const { schemas } = (document as { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } })
      .components
    for (const { kind, schema } of readKindDefinitions(folder)) {
      expect(listTexts(schemas[`dev.stoa.dns.v1alpha1.${kind}`])).toEqual(listTexts(schema))
    }
  })

  it.each(['/apis/apps/v1/deployments', '/api/v1/secrets', `${RECORDS}/shop`, '/__proto__', '/api/v1/nodes/x/y'])(
    'has no %s',
    async (path) => {
      expect(await get(path)).toMatchObject([404, { kind: 'Status', reason: 'NotFound' }])
    },
  )

  it('refuses to stream a list, as an apiserver did before it could', async () => {
    expect(await get(`${RECORDS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`)).toMatchObject([
      422,
      { reason: 'Invalid' },
    ])
  })

  it('gives an unchanged object the same version again, and a changed one another', async () => {
    const list = async (): Promise<readonly (readonly unknown[])[]> => {
      const [, body] = await get(RECORDS)
      return (body as Listing).items.map(({ metadata }) => [metadata.name, metadata['resourceVersion']])
    }
    const before = await list()
    bench.put({ ...rawRecord('mail') })
    expect(await list()).toEqual(before)
    bench.put(rawRecord('mail', { ready: 'False' }))
    const after = await list()
    expect(after[1]).toEqual(before[1])
    expect(after[0]).not.toEqual(before[0])
  })
})

describe('a watch', () => {
  it('begins with everything when it names no version', async () => {
    expect(await watch('')).toEqual(['ADDED mail', 'ADDED shop'])
  })

  it('goes on from the version of a list, missing nothing that came between', async () => {
    const [, body] = await get(RECORDS)
    const { resourceVersion } = (body as Listing).metadata
    bench.put(rawRecord('new'))
    bench.remove('DynamicDNSRecord', 'shop', 'web')
    const events = await watch(`resourceVersion=${resourceVersion}`, () =>
      bench.put(rawRecord('mail', { ready: 'False' })),
    )
    expect(events).toEqual(['ADDED new', 'DELETED shop', 'MODIFIED mail'])
  })

  it('sees an object come and go as it begins and ceases to match', async () => {
    const [, body] = await get(RECORDS)
    const { resourceVersion } = (body as Listing).metadata
    const inTeam = { labels: { team: 'web' } }
    const events = await watch(`labelSelector=team%3Dweb&resourceVersion=${resourceVersion}`, () => {
      bench.put(rawRecord('shop', inTeam))
      setTimeout(() => bench.put(rawRecord('shop', { ...inTeam, ready: 'False' })), 100)
      setTimeout(() => bench.put(rawRecord('shop')), 200)
    })
    expect(events).toEqual(['ADDED shop', 'MODIFIED shop', 'DELETED shop'])
  })

  it('says all there is to say to who reads it, however much comes at once', async () => {
    const names = Array.from({ length: 1_500 }, (_, index) => `r${index}`)
    const putAll = (note: string): void =>
      names.forEach((name) => bench.put({ ...rawRecord(name), note: note.repeat(8_192) }))
    putAll('a')
    const answer = await fetch(`${bench.url}${RECORDS}?watch=true`)
    const input = Readable.fromWeb(answer.body as ReadableStream)
    const seen = new Map<string, number>()
    for await (const line of createInterface({ input })) {
      const { type } = JSON.parse(line) as { type: string }
      seen.set(type, (seen.get(type) ?? 0) + 1)
      if (type === 'ADDED' && seen.get(type) === 1_502) putAll('b')
      if (seen.get('MODIFIED') === 1_500) break
    }
    input.destroy()
    expect([...seen]).toEqual([
      ['ADDED', 1_502],
      ['MODIFIED', 1_500],
    ])
  })

  it.each(['1', '999999999999999'])('is sent to list again from a version it cannot know: %s', async (version) => {
    expect(await watch(`resourceVersion=${version}`)).toEqual(['ERROR 410'])
  })
})

describe('the log of objects', () => {
  it('keeps what happened for a while, and says when it no longer does', () => {
    let objects = [rawRecord('a')]
    const log = new ObjectLog(() => objects, 1_000)
    log.refresh()
    const { version } = log
    for (let change = 0; change < 3_000; change += 1) {
      objects = [rawRecord('a', { mode: String(change) })]
      log.refresh()
    }
    expect(log.since(version)).toBeUndefined()
    expect(log.since(log.version - 900)).toHaveLength(900)
    expect(log.since(log.version)).toEqual([])
  })

  it('leads anyone who follows it to what is there, whatever happens', () => {
    const states = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')), { maxLength: 20 })
    fc.assert(
      fc.property(states, (history) => {
        let objects: readonly RawObject[] = []
        const log = new ObjectLog(() => objects, 1)
        const followed = new Map<string, unknown>()
        log.onEvent(({ previous, next }) => {
          if (next === undefined) followed.delete(previous?.metadata.name ?? '')
          else followed.set(next.metadata.name, next)
        })
        for (const state of history) {
          objects = Object.entries(state).map(([name, mode]) => rawRecord(name, { mode }))
          log.refresh()
          expect([...followed.values()]).toEqual(expect.arrayContaining([...log.objects()]))
          expect(followed.size).toBe(objects.length)
        }
      }),
    )
  })
})

describe('selectors', () => {
  const shop = rawRecord('shop', { labels: { team: 'web', tier: '' } })
  const [records] = VIEW_DEFINITIONS
  if (records === undefined) throw new Error('no kinds')

  it.each([
    ['', true],
    ['team', true],
    ['team=web', true],
    ['team==web , tier=', true],
    ['team!=web', false],
    ['team in (web,ops)', true],
    ['team notin (web)', false],
    ['nobody notin (web)', true],
    ['!team', false],
    ['!nobody,!constructor', true],
    ['dns.stoa.dev/x=y', false],
  ])('by label: %j holds: %s', (text, holds) => {
    expect(parseLabelSelector(text)(shop)).toBe(holds)
  })

  it.each(['=', 'a=b c', 'a in', 'a in (b', 'a,,b', '!', 'a>1'])('by label: %j cannot be read', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(UnreadableSelector)
  })

  it.each([
    ['', true],
    ['metadata.name=shop,metadata.namespace==web', true],
    ['metadata.name!=shop', false],
    ['spec.mode=Apply', true],
    ['spec.providerRef.name=', false],
  ])('by field: %j holds: %s', (text, holds) => {
    expect(parseFieldSelector(text, records)(shop)).toBe(holds)
  })

  it.each(['spec.ttlSeconds=300', 'metadata.name', '=x'])('by field: %j cannot be read', (text) => {
    expect(() => parseFieldSelector(text, records)).toThrow(UnreadableSelector)
  })

  it('never hang, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab =!,()in '), maxLength: 60 }), (text) => {
        try {
          parseLabelSelector(text)
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableSelector)
        }
      }),
    )
  })
})

describe('a JSON path', () => {
  it('reads nothing where there is nothing', () => {
    expect(compileJsonPath('.spec.hostnames[3].x')({ spec: { hostnames: ['a'] } })).toBeUndefined()
    expect(compileJsonPath('.constructor.name')({})).toBeUndefined()
  })

  it.each(['spec', '.a[', '.a[?(@.b>1)]', '.a..b'])('that is more than we read is refused: %s', (path) => {
    expect(() => compileJsonPath(path)).toThrow('is not a path that can be read here')
  })
})

describe('an age', () => {
  it.each([
    [-5_000, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [330_000, '5m30s'],
    [3_600_000, '60m'],
    [4 * 3_600_000 + 60_000, '4h1m'],
    [30 * 3_600_000, '30h'],
    [75 * 3_600_000, '3d3h'],
    [300 * 86_400_000, '300d'],
    [800 * 86_400_000, '2y70d'],
    [4_000 * 86_400_000, '10y'],
  ])('of %i ms reads %s', (milliseconds, text) => {
    expect(describeAge(milliseconds)).toBe(text)
  })
})
