import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Agent, request } from 'undici'
import { TerminalError } from '../model/errors.ts'
import { SILENT_LOGGER } from '../telemetry/logger.ts'
import { shortPath, startControlSocket, type ControlPort } from './control-socket.ts'

const KEY = { kind: 'NodePool', namespace: 'web', name: 'edge' }

let folder: string
let asked: unknown[]
let socket: { readonly close: () => Promise<void> }
let agent: Agent

const port: ControlPort = {
  list: (kind) => [{ object: { apiVersion: 'v1', kind, metadata: { name: 'edge' } }, file: 'a.yaml:1' }],
  report: () => ({ version: '1', source: '/srv', findings: [], metricsPort: 0, dryRun: false }),
  annotate: (...given) => {
    asked.push(given)
    return Promise.resolve()
  },
  approveRemovals: (hash) => {
    if (hash === 'lost') return Promise.reject(new TerminalError('NothingToApprove', 'lost is not held'))
    if (hash === 'odd') return Promise.reject(new Error('a bug'))
    asked.push(hash)
    return Promise.resolve()
  },
  requestSync: () => void asked.push('sync'),
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-socket-'))
  asked = []
  // What a process that was killed has left behind.
  await writeFile(join(folder, 'control.sock'), '')
  socket = await startControlSocket({ folder, logger: SILENT_LOGGER }, port)
  agent = new Agent({ connect: { socketPath: join(folder, 'control.sock') } })
})
afterEach(async () => {
  await agent.close()
  await socket.close()
  await rm(folder, { recursive: true })
})

async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<readonly [number, unknown]> {
  const text = typeof body === 'string' ? body : body === undefined ? null : JSON.stringify(body)
  const answer = await request(`http://stoa${path}`, { method, dispatcher: agent, body: text })
  const said = await answer.body.text()
  return [answer.statusCode, said.startsWith('{') ? JSON.parse(said) : said]
}

it('is a socket for its owner alone, takes the place of an old one, and goes with the process', async () => {
  const found = await stat(join(folder, 'control.sock'))
  expect([found.isSocket(), found.mode & 0o777]).toEqual([true, 0o600])
  expect(await readdir(folder)).toEqual(['control.sock'])
  await socket.close()
  expect(await readdir(folder)).toEqual([])
})

it('gives objects and what is behind them', async () => {
  expect(await ask('GET', '/v1/report')).toEqual([200, port.report()])
  expect(await ask('GET', '/v1/objects/Node')).toEqual([200, { items: port.list('Node') }])
})

it('takes what a person may say', async () => {
  const annotations = { 'dns.stoa.dev/approve': 'a', 'dns.stoa.dev/prune': 'b', 'dns.stoa.dev/requestedAt': 'c' }
  expect(await ask('POST', '/v1/annotations', { ...KEY, annotations })).toEqual([200, {}])
  expect(await ask('POST', '/v1/removals', { hash: 'held' })).toEqual([200, {}])
  expect(await ask('POST', '/v1/sync')).toEqual([202, {}])
  expect(asked).toEqual([['NodePool', { namespace: 'web', name: 'edge' }, annotations], 'held', 'sync'])
})

describe('it refuses', () => {
  it.each([
    ['GET', '/v1/objects/Secret', undefined, 404, 'Secret is no kind that is kept here'],
    ['GET', '/v1/secrets', undefined, 404, 'GET /v1/secrets is not answered here'],
    ['GET', '/v1/annotations', undefined, 404, 'GET /v1/annotations is not answered here'],
    ['POST', '/v1/annotations', { ...KEY, kind: 'Node', annotations: {} }, 400, 'kind is missing, or none of ours'],
    ['POST', '/v1/annotations', { ...KEY, name: 1, annotations: {} }, 400, 'namespace or name is missing'],
    ['POST', '/v1/annotations', { ...KEY, annotations: { a: 1 } }, 400, 'annotations are missing, or not texts'],
    ['POST', '/v1/annotations', { ...KEY, annotations: { team: 'x' } }, 400, 'team: write other annotations in the'],
    ['POST', '/v1/removals', {}, 400, 'hash is missing'],
    ['POST', '/v1/removals', 'no json', 400, 'hash is missing'],
    ['POST', '/v1/removals', { hash: 'x'.repeat(70_000) }, 400, 'hash is missing'],
    ['POST', '/v1/removals', { hash: 'lost' }, 409, 'lost is not held'],
  ] as const)('%s %s %j', async (method, path, body, status, message) => {
    const [seen, answer] = await ask(method, path, body)
    expect([seen, (answer as { message: string }).message.slice(0, message.length)]).toEqual([status, message])
    expect(asked).toEqual([])
  })

  it('without saying what is wrong inside', async () => {
    expect(await ask('POST', '/v1/removals', { hash: 'odd' })).toEqual([500, 'internal error; the log says more\n'])
  })
})

it('a path that is too long for a socket is refused rather than cut', () => {
  expect(() => shortPath(`/${'x'.repeat(120)}`)).toThrow('too long for a socket: use a data directory with a shorter')
  expect(shortPath(join(process.cwd(), 'x'.repeat(80), 's'))).toBe(join('x'.repeat(80), 's'))
})
