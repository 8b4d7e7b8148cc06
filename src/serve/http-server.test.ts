import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { SILENT_LOGGER } from '../telemetry/logger.ts'
import { textAnswer, type Handler } from './answer.ts'
import { startHttpServer, type HttpLimits, type RunningHttpServer } from './http-server.ts'

const LIMITS: HttpLimits = { headMs: 10_000, untakenMs: 10_000 }

let running: RunningHttpServer | undefined
afterEach(() => running?.close())

async function start(handler: Handler, limits?: HttpLimits): Promise<string> {
  const options = { name: 'test', host: '127.0.0.1', port: 0, logger: SILENT_LOGGER, ...(limits && { limits }) }
  running = await startHttpServer(options, handler)
  return `http://127.0.0.1:${running.port}`
}

function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', () => resolve(answer))
  })
}

describe('the HTTP server', () => {
  it('answers, and tells browsers neither to keep nor to guess', async () => {
    const answer = await fetch(await start(() => textAnswer(200, 'hello')))
    expect([answer.status, await answer.text()]).toEqual([200, 'hello\n'])
    expect(answer.headers.get('connection')).toBe('keep-alive')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('goes on after a handler that throws, and tells the client nothing about it', async () => {
    const url = await start(({ url: { pathname } }) => {
      if (pathname === '/bad') throw new Error('secret detail')
      return textAnswer(200, 'fine')
    })
    const bad = await fetch(`${url}/bad`)
    expect([bad.status, await bad.text()]).toEqual([500, 'internal error; the log says more\n'])
    expect((await fetch(url)).status).toBe(200)
  })

  it.each([
    ['a target with a host', 'GET http://elsewhere/ HTTP/1.1\r\nHost: a\r\n\r\n', '400'],
    ['a path of two slashes', 'GET //elsewhere/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '200'],
    ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '400'],
    ['headers that are too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ['what is no HTTP', 'nonsense\r\n\r\n', '400'],
  ])('survives %s', async (_, request, status) => {
    const url = await start(({ url: { pathname } }) => textAnswer(200, pathname))
    expect(await sendRaw(Number(new URL(url).port), request)).toContain(`HTTP/1.1 ${status}`)
    expect((await fetch(url)).status).toBe(200)
  })

  it.each(['', 'GET / HT'])('soon lets go of a client that says %j and no more', async (text) => {
    const url = await start(() => textAnswer(200, ''), { ...LIMITS, headMs: 100 })
    const before = performance.now()
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.on('error', () => undefined).resume()
    await new Promise((resolve) => socket.on('close', resolve))
    expect(performance.now() - before).toBeLessThan(4_000)
  })

  it.each<[string, number, boolean]>([
    ['that takes nothing of a long answer', 2_000, false],
    ['no sooner, and not one that takes its time', 100, true],
  ])('lets go of a client %s', async (_, pauseMs, isWhole) => {
    const text = 'x'.repeat(16 * 2 ** 20)
    const url = await start(() => textAnswer(200, text, { connection: 'close' }), { ...LIMITS, untakenMs: 500 })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    let size = 0
    socket.on('data', (chunk) => (size += chunk.length))
    socket.once('data', () => {
      socket.pause()
      setTimeout(() => socket.resume(), pauseMs)
    })
    await new Promise((resolve) => socket.on('close', resolve))
    expect(size > text.length).toBe(isWhole)
  })

  it('says nothing of a client that hangs up in the middle of its message', async () => {
    const logged: string[] = []
    const seen: string[] = []
    const logger = { ...SILENT_LOGGER, error: (message: string) => void logged.push(message) }
    running = await startHttpServer({ name: 'test', host: '127.0.0.1', port: 0, logger }, async ({ body }) => {
      try {
        for await (const chunk of body) seen.push(chunk.toString())
      } finally {
        seen.push('end')
      }
      return textAnswer(200, '')
    })
    const { port } = running
    const half = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf'
    const socket = connect(port, '127.0.0.1', () => socket.write(half))
    await expect.poll(() => seen).toEqual(['half'])
    socket.destroy()
    await expect.poll(() => seen).toEqual(['half', 'end'])
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200)
    expect(logged).toEqual([])
  })

  it('names itself, the port and the remedy when the port is taken', async () => {
    const url = await start(() => textAnswer(200, ''))
    const port = Number(new URL(url).port)
    const second = startHttpServer({ name: 'the page', host: '127.0.0.1', port, logger: SILENT_LOGGER }, () =>
      textAnswer(200, ''),
    )
    await expect(second).rejects.toThrow(
      `the page cannot listen on 127.0.0.1 port ${port}: the port is taken; choose another`,
    )
  })

  it('lets an answer under way finish when it closes, and takes no new request', async () => {
    const url = await start(async () => {
      await delay(100)
      return textAnswer(200, 'late')
    })
    const answer = fetch(url)
    await delay(30)
    const closed = running?.close()
    await expect(fetch(url)).rejects.toThrow()
    expect(await (await answer).text()).toBe('late\n')
    await closed
  })

  it('ends streams when it closes', async () => {
    const url = await start(() => ({
      status: 200,
      headers: {},
      pipe: async (response, ended) => {
        response.write('one\n')
        await new Promise((resolve) => ended.addEventListener('abort', resolve))
      },
    }))
    const answer = await fetch(url)
    const before = performance.now()
    await running?.close()
    expect(await answer.text()).toBe('one\n')
    expect(performance.now() - before).toBeLessThan(30_000)
  })
})
