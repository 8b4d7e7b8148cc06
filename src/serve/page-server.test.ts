import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { SILENT_LOGGER } from '../telemetry/logger.ts'
import { answerGitHook, type GitHook } from './git-hook.ts'
import type { RunningHttpServer } from './http-server.ts'
import { startPageServer, type PagePort } from './page-server.ts'
import type { PageView } from './page-view.ts'

let running: RunningHttpServer | undefined
afterEach(() => running?.close())

const VIEW: PageView = {
  records: [
    {
      ...{ name: 'web/shop', ready: 'True', reason: 'Succeeded', message: '3 addresses' },
      ...{ hostnames: ['shop.example.com'], addresses: '203.0.113.7' },
    },
    {
      ...{ name: 'web/<script>', ready: 'False', reason: 'NotOwned', message: '"a" & <b>' },
      ...{ hostnames: [], addresses: '' },
    },
  ],
  wanAddresses: [],
  providers: [
    {
      ...{ name: 'dns/main', ready: 'Unknown', reason: '', message: '' },
      ...{ type: 'Gandi', zones: ['example.com'] },
    },
  ],
}

async function start(port: Partial<PagePort> = {}, hook?: GitHook, names?: readonly string[]): Promise<string> {
  const whole = { view: () => VIEW, publishedAddress: () => undefined, ...port }
  const options = { name: 'page', host: '127.0.0.1', port: 0, names, logger: SILENT_LOGGER }
  running = await startPageServer(options, whole, hook)
  return `http://127.0.0.1:${running.port}`
}

describe('the status page', () => {
  it('shows records, WAN addresses and providers', async () => {
    const answer = await fetch(await start())
    const html = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    for (const text of ['1 of 2 ready', 'shop.example.com', '203.0.113.7', 'False: NotOwned', 'Gandi', 'None.']) {
      expect(html).toContain(text)
    }
  })

  it('runs nothing and loads nothing: what comes from outside is text', async () => {
    const answer = await fetch(await start())
    const html = await answer.text()
    expect(html).toContain('web/&lt;script&gt;')
    expect(html).toContain('&quot;a&quot; &amp; &lt;b&gt;')
    expect(html).not.toMatch(/<script|https?:\/\/|url\(/)
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*';/)
  })
})

describe('a name in the Host header', () => {
  const askAs = (host: string, url: string, method = 'GET'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asking = request(url, { method, headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asking.on('error', reject).end()
    })

  it.each([
    ['localhost:51339', '/', 200],
    ['rebound.example.net:51339', '/', 403],
    ['rebound.example.net:51339', '/raw', 403],
  ])('of %s asks for %s and gets %i', async (host, path, status) => {
    expect(await askAs(host, `${await start()}${path}`)).toBe(status)
  })

  it('counts once it is given', async () => {
    expect(await askAs('stoa.example.com', await start({}, undefined, ['stoa.example.com']))).toBe(200)
  })

  it('may be any in a signed message', async () => {
    const url = await start({}, { secret: 's3cret', requestSync: () => undefined })
    expect(await askAs('hooks.example.com', `${url}/hooks/git`, 'POST')).toBe(401)
  })
})

describe('/raw', () => {
  it('is the address alone', async () => {
    const answer = await fetch(`${await start({ publishedAddress: () => '203.0.113.7' })}/raw`)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await answer.text()).toBe('203.0.113.7\n')
  })

  it('is unavailable until the address is known and published', async () => {
    const answer = await fetch(`${await start()}/raw`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  })
})

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes in its own time, even an empty one
async function* nothing(): AsyncGenerator<Buffer> {
  yield* []
}

describe('/hooks/git', () => {
  const SECRET = 'correct horse'
  const body = '{"ref":"refs/heads/main"}'
  const sign = (secret: string, text = body): string =>
    `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`

  async function post(headers: Record<string, string>, sent = body): Promise<[number, number]> {
    let syncs = 0
    const url = await start({}, { secret: SECRET, requestSync: () => (syncs += 1) })
    const answer = await fetch(`${url}/hooks/git`, { method: 'POST', headers, body: sent })
    await answer.text()
    return [answer.status, syncs]
  }

  it.each([
    ['GitHub', { 'x-hub-signature-256': sign(SECRET) }],
    ['GitLab', { 'x-gitlab-token': SECRET }],
    ['anyone who signs', { 'x-signature-256': sign(SECRET) }],
    ['anyone who signs in bare hex', { 'x-signature-256': sign(SECRET).slice(7) }],
  ])('syncs for %s', async (_, headers) => {
    expect(await post(headers)).toEqual([202, 1])
  })

  it.each([
    ['without a signature', {}],
    ['with a signature by another secret', { 'x-hub-signature-256': sign('wrong') }],
    ['with a signature of another message', { 'x-hub-signature-256': sign(SECRET, '{}') }],
    ['with half a signature', { 'x-hub-signature-256': sign(SECRET).slice(0, 40) }],
    ['with an empty token', { 'x-gitlab-token': '' }],
    ['with a wrong token beside a good signature', { 'x-gitlab-token': 'no', 'x-signature-256': sign(SECRET) }],
  ])('refuses a message %s', async (_, headers: Record<string, string>) => {
    expect(await post(headers)).toEqual([401, 0])
  })

  it.each([
    ['as soon as it says so', { 'content-length': String(25 * 2 ** 20 + 1) }, 0],
    ['as soon as it is', {}, 26],
  ])('refuses a message that is too large %s', async (_, length, most) => {
    let read = 0
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read += 1
        yield await Promise.resolve(Buffer.alloc(2 ** 20))
      }
    }
    const headers = { 'x-hub-signature-256': sign(SECRET), ...length }
    const request = { method: 'POST', url: new URL('http://localhost/hooks/git'), headers, body: endless() }
    const answer = await answerGitHook(request, { secret: SECRET, requestSync: () => expect.unreachable() })
    expect([answer.status, read]).toEqual([413, most])
  })

  it('trusts nobody when the secret is empty', async () => {
    const headers = { 'x-gitlab-token': '' }
    const request = { method: 'POST', url: new URL('http://localhost/hooks/git'), headers, body: nothing() }
    const answer = await answerGitHook(request, { secret: '', requestSync: () => expect.unreachable() })
    expect(answer.status).toBe(401)
  })

  it('only takes POST', async () => {
    const url = await start({}, { secret: SECRET, requestSync: () => undefined })
    const answer = await fetch(`${url}/hooks/git`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('is not there without a secret', async () => {
    const answer = await fetch(`${await start()}/hooks/git`, { method: 'POST', body })
    expect(answer.status).toBe(404)
  })
})
