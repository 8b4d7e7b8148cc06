// Servers that say "more" and lead back to where the list was read already. After some calls they fail otherwise, so that nothing hangs.
import { afterEach, describe, expect, it } from 'vitest'
import { AzureFake } from '../../test/fakes/azure-fake.ts'
import { GoogleFake } from '../../test/fakes/google-fake.ts'
import type { HttpFake } from '../../test/fakes/http-fake.ts'
import * as azure from '../../test/support/azure-bench.ts'
import * as google from '../../test/support/google-bench.ts'
import * as route53 from '../../test/support/route53-bench.ts'
import { listAll } from '../../test/contracts/provider-contract.ts'
import type { Fqdn } from '../model/name.ts'
import type { Provider } from './provider.ts'

const ENOUGH = 20
const signal = new AbortController().signal
const zone = 'example.com' as Fqdn

interface Server {
  readonly http: HttpFake
  readonly provider: Provider
}

async function startRoute53(): Promise<Server> {
  const fake = await route53.startRoute53()
  return { http: fake.http, provider: route53.openProvider(fake) }
}

async function startGoogle(): Promise<Server> {
  const fake = await GoogleFake.start(zone)
  return { http: fake.http, provider: google.openProvider(fake) }
}

async function startAzure(): Promise<Server> {
  const fake = await AzureFake.start(zone)
  return { http: fake.http, provider: azure.openProvider(fake) }
}

const more = (text: string): string => text.replace('<IsTruncated>false<', '<IsTruncated>true<')
const add =
  (field: string, value: string) =>
  (text: string): string =>
    JSON.stringify({ ...(JSON.parse(text) as object), [field]: value })
const again = '<NextRecordName>a.example.com.</NextRecordName><NextRecordType>A</NextRecordType></ListResource'

const LISTS: readonly (readonly [string, () => Promise<Server>, (text: string) => string])[] = [
  ['Route 53 without a place to go on from', startRoute53, more],
  ['Route 53 with the same place again', startRoute53, (text) => more(text).replace('</ListResource', again)],
  ['Google with the same token again', startGoogle, add('nextPageToken', 'again')],
  ['Google with an empty token', startGoogle, add('nextPageToken', '')],
  ['Azure with the same link again', startAzure, add('nextLink', 'https://azure.example/?$skipToken=again')],
  ['Azure with a link to the first page', startAzure, add('nextLink', 'https://azure.example/?$top=100')],
  ['Azure with a link that is none', startAzure, add('nextLink', 'more')],
]

describe('a list that never ends', () => {
  let http: HttpFake | undefined
  afterEach(() => http?.stop())

  async function start(serve: () => Promise<Server>): Promise<Provider> {
    const server = await serve()
    http = server.http
    const { calls } = http
    http.fail({ kind: 'answer', answer: { status: 500, body: {} } }, Infinity, () => calls.length > ENOUGH)
    return server.provider
  }

  const expected = {
    kind: 'transient',
    reason: 'ProviderUnavailable',
    message: expect.stringContaining('says that a list goes on, but not where') as string,
  }

  it.each(LISTS)('of record sets is given up: %s', async (_what, serve, mangle) => {
    const provider = await start(serve)
    const session = await provider.openZone(zone, signal)
    if (http !== undefined) http.mangle = mangle
    await expect(listAll(session)).rejects.toMatchObject(expected)
  })

  it.each(LISTS.filter(([what]) => /(?:Route 53|Google) with /.test(what)))(
    'of the sets of a name is given up: %s',
    async (_what, serve, mangle) => {
      const session = await (await start(serve)).openZone(zone, signal)
      if (http !== undefined) http.mangle = mangle
      await expect(session.reread(['a.example.com' as Fqdn], signal)).rejects.toMatchObject(expected)
    },
  )

  it.each(LISTS)('of zones is given up: %s', async (_what, serve, mangle) => {
    const provider = await start(serve)
    if (http !== undefined) http.mangle = mangle
    await expect(provider.listZones(signal)).rejects.toMatchObject(expected)
  })
})
