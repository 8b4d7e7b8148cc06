// `stoa detect` from its arguments to its exit code, against responders in this process.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { saying, startCheckService } from '../../test/fakes/wan/check-service.ts'
import * as behaviours from '../../test/fakes/wan/stun-behaviours.ts'
import { startTcpResponder, startUdpResponder } from '../../test/fakes/wan/stun-responder.ts'
import { listOpenSockets } from '../../test/support/open-sockets.ts'
import type { CommandIo } from './command-io.ts'
import { registerDetect } from './detect.ts'
import { UsageError } from './usage-error.ts'

const TRUTH = '9.9.9.9'
const LIE = '8.8.8.8'
let folder: string
const stops: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-detect-'))
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
  await rm(folder, { recursive: true })
})

interface Outcome {
  code: number | undefined
  stdout: string
  stderr: string
}

interface Surroundings {
  readonly terminal?: boolean
  readonly stdin?: string
  readonly signal?: AbortSignal
  readonly onStdout?: (text: string) => void
}

async function detect(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const outcome: Outcome = { code: undefined, stdout: '', stderr: '' }
  const io: CommandIo = {
    stdout: (text) => {
      outcome.stdout += text
      surroundings.onStdout?.(text)
    },
    stderr: (text) => void (outcome.stderr += text),
    stdoutIsTty: false,
    stderrIsTty: surroundings.terminal === true,
    env: { XDG_CACHE_HOME: join(folder, 'cache') },
    cwd: folder,
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream of one chunk
    stdin: async function* () {
      yield Buffer.from(surroundings.stdin ?? '')
    },
    setExitCode: (code) => (outcome.code = code),
    signal: surroundings.signal ?? new AbortController().signal,
  }
  const program = new Command('stoa').exitOverride().configureOutput({ writeErr: io.stderr, writeOut: io.stdout })
  registerDetect(program, io)
  try {
    await program.parseAsync(['detect', ...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { ...outcome, code: 64, stderr: `${outcome.stderr}${error.message}` }
  }
  return outcome
}

async function udp(behaviour: behaviours.Behaviour, latencyMs = 0): Promise<string> {
  const responder = await startUdpResponder({ behaviour, latencyMs })
  stops.push(() => responder.stop())
  return responder.server
}

async function tcp(behaviour: behaviours.Behaviour, latencyMs = 0): Promise<string> {
  const responder = await startTcpResponder({ behaviour, latencyMs })
  stops.push(() => responder.stop())
  return responder.server
}

async function web(text: string): Promise<string> {
  const service = await startCheckService({ respond: saying(text) })
  stops.push(() => service.stop())
  return service.url
}

const truthful = behaviours.answering(TRUTH)

function manifest(spec: string): string {
  return `apiVersion: dns.stoa.dev/v1alpha1\nkind: WANAddress\nmetadata: {name: home, namespace: dns}\nspec:\n  ${spec.replaceAll('\n', '\n  ')}\n`
}

async function write(spec: string): Promise<string> {
  await writeFile(join(folder, 'wan.yaml'), manifest(spec))
  return 'wan.yaml'
}

describe('stoa detect', () => {
  it('prints what each source said, over what and in what time, and the verdict', async () => {
    const servers = [await udp(truthful), await tcp(truthful, 30)]
    const url = await web(TRUTH)
    const { code, stdout } = await detect([
      '--stun',
      servers[0] ?? '',
      '--stun',
      servers[1] ?? '',
      '--http',
      url,
      '--quorum',
      '3',
    ])
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^SOURCE +TRANSPORT {2}ANSWER +TIME$/)
    expect(lines.slice(1, 4).sort()).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ip +HTTP +9\.9\.9\.9 +\d+ ms$/),
      expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+ +TCP +9\.9\.9\.9 +\d+ ms$/),
      expect.stringMatching(/^udp:\/\/127\.0\.0\.1:\d+ +UDP +9\.9\.9\.9 +\d+ ms$/),
    ])
    expect(lines.at(-2)).toBe(`IPv4: ${TRUTH} (3 operators agree)`)
  })

  it('asks a server without a transport over both, for one operator’s worth of trust', async () => {
    const server = (await udp(truthful)).replace('udp://', '')
    const { code, stdout, stderr } = await detect(['--stun', server])
    expect(code).toBe(0)
    expect(stdout).toContain(`udp://${server}`)
    expect(stdout).toContain(`tcp://${server}`)
    expect(stdout).toContain(`IPv4: ${TRUTH} (1 operator says so)`)
    expect(stderr).toContain('note: only one operator is asked, so nobody confirms its answer\n')
  })

  it('says why it does not know, and ends with 1', async () => {
    const servers = [
      await udp(behaviours.refusing(500, 'Server Error')),
      await udp(behaviours.answering('192.168.1.1')),
    ]
    const { code, stdout } = await detect(['--stun', servers[0] ?? '', '--stun', servers[1] ?? ''])
    expect(code).toBe(1)
    expect(stdout).toContain('failed: the server answered with error 500 (Server Error)')
    expect(stdout).toContain('refused: 192.168.1.1 is not globally reachable (private, 192.168.0.0/16)')
    expect(stdout).toContain('IPv4: unknown (AddressRefused): no answer is to be believed')
  })

  it('ends with 1 on a conflict', async () => {
    const servers = [
      await udp(behaviours.answering(LIE)),
      await tcp(truthful, 20),
      await tcp(truthful, 20),
      await tcp(behaviours.answering(LIE), 20),
    ]
    const { code, stdout } = await detect(servers.flatMap((server) => ['--stun', server]))
    expect(code).toBe(1)
    expect(stdout).toContain('IPv4: unknown (Conflict): different addresses have a quorum of 2 each')
  })

  it('ends with 1 when the quorum needs more operators than there are', async () => {
    const { code, stdout } = await detect(['--stun', await udp(truthful), '--quorum', '2'])
    expect(code).toBe(1)
    expect(stdout).toContain('unknown (TooFewOperators): a quorum of 2 needs as many operators')
  })

  it('gives up after its time', async () => {
    const server = await udp(behaviours.silent)
    const { code, stdout } = await detect(['--stun', server, '--timeout', '0.3'])
    expect(code).toBe(1)
    expect(stdout).toContain('failed: no answer in time')
    expect(stdout).toContain('IPv4: unknown (NoAnswer): none of 1 source answered')
  })

  it('prints JSON that says the same', async () => {
    const servers = [await udp(truthful), await tcp(truthful)]
    const { code, stdout } = await detect([...servers.flatMap((server) => ['--stun', server]), '--json'])
    expect(code).toBe(0)
    const printed: unknown = JSON.parse(stdout)
    expect(printed).toEqual({
      results: [
        expect.objectContaining({
          family: 'IPv4',
          result: 'known',
          address: TRUTH,
          agreeing: servers,
          sources: servers.map((name, index) => ({
            name,
            transport: ['UDP', 'TCP'][index],
            operator: name.slice(6),
            authenticated: false,
            result: 'answered',
            addresses: [TRUTH],
            milliseconds: expect.any(Number) as number,
          })),
        }),
      ],
    })
    const failed = await detect(['--stun', await udp(behaviours.refusing(500, '')), '--json'])
    expect(JSON.parse(failed.stdout)).toMatchObject({
      results: [
        {
          result: 'unknown',
          reason: 'NoAnswer',
          sources: [{ result: 'failed', message: 'the server answered with error 500' }],
        },
      ],
    })
  })

  it('shows on a terminal how far it is, and wipes that away', async () => {
    const { stderr } = await detect(['--stun', await udp(truthful), '--stun', await tcp(truthful)], { terminal: true })
    expect(stderr).toContain('asking: 0 of 2 sources have answered …')
    expect(stderr).toContain('asking: 2 of 2 sources have answered …')
    expect(stderr.slice(0, stderr.lastIndexOf('\r\u001b[K') + 4)).toMatch(/\r\u001b\[K$/)
    const piped = await detect(['--stun', await udp(truthful), '--stun', await tcp(truthful)])
    expect(piped.stderr).not.toContain('asking')
  })

  it('asks for IPv6 with --family 6', async () => {
    const responder = await startUdpResponder({ behaviour: behaviours.answering('2606:4700::1111'), host: '::1' })
    stops.push(() => responder.stop())
    const { code, stdout } = await detect(['--family', '6', '--stun', responder.server])
    expect(code).toBe(0)
    expect(stdout).toContain('IPv6: 2606:4700::1111')
  })

  it('counts a local interface', async () => {
    const { code, stdout } = await detect(['--interface', 'lo', '--json'])
    expect(code).toBe(1)
    expect(stdout).toContain('no globally reachable IPv4 address on lo')
    const any = await detect(['--interface', '--json'])
    expect(any.stdout).toContain('"name": "any interface"')
  })

  it('stops at once when interrupted, and leaves nothing open', async () => {
    const before = await listOpenSockets()
    const servers = [await udp(behaviours.silent), await tcp(behaviours.silent)]
    const stopping = new AbortController()
    const running = detect(
      servers.flatMap((server) => ['--stun', server]),
      { signal: stopping.signal },
    )
    setTimeout(() => stopping.abort(new Error('interrupted')), 50)
    await expect(running).rejects.toThrow('interrupted')
    await Promise.all(stops.splice(0).map((stop) => stop()))
    expect(await listOpenSockets()).toEqual(before)
  })
})

describe('stoa detect --config', () => {
  it('takes sources, quorum and guards from a WANAddress', async () => {
    const file = await write(
      [
        `stun: {servers: ["${await udp(behaviours.answering('127.0.0.1'))}", "${await tcp(behaviours.answering('127.0.0.1'))}"]}`,
        'allowNonGlobalCIDRs: ["127.0.0.0/8"]',
        'quorum: 2',
      ].join('\n'),
    )
    const { code, stdout } = await detect(['--config', file])
    expect(stdout).toContain('IPv4: 127.0.0.1 (2 operators agree)')
    expect(code).toBe(0)
  })

  it('asks for every family it lists, and is content only with all of them', async () => {
    const v6 = await startUdpResponder({ behaviour: behaviours.answering('2606:4700::1111'), host: '::1' })
    stops.push(() => v6.stop())
    const spec = (servers: readonly string[]): string =>
      `addressFamilies: [IPv4, IPv6]\nquorum: 1\nstun: {servers: [${servers.map((server) => `"${server}"`).join()}]}`
    const both = await detect(['--config', await write(spec([await udp(truthful), v6.server]))])
    expect(both.stdout).toContain(`IPv4: ${TRUTH}`)
    expect(both.stdout).toContain('IPv6: 2606:4700::1111')
    expect(both.code).toBe(0)
    const half = await write(spec([await udp(behaviours.silent), v6.server]))
    expect((await detect(['--config', half, '--timeout', '0.2'])).code).toBe(1)
    expect((await detect(['--config', half, '--family', '6'])).code).toBe(0)
  })

  it('reads standard input', async () => {
    const stdin = manifest(`quorum: 1\nstun: {servers: ["${await udp(truthful)}"]}`)
    expect((await detect(['--config', '-'], { stdin })).code).toBe(0)
  })

  it('uses published server lists and keeps a copy', async () => {
    const servers = [await udp(truthful), await udp(truthful)].map((server) => server.replace('udp://', ''))
    const list = await web(`# a list\n${servers.join('\n')}\n`)
    const file = await write(`stun: {serverListURLs: ["${list}"], transports: [UDP]}`)
    expect((await detect(['--config', file])).code).toBe(0)
    await stops.pop()?.()
    expect((await detect(['--config', file])).code).toBe(0)
  })
})

describe('stoa detect --watch', () => {
  it('prints a line of JSON each, and ends with 1 when nothing is known', async () => {
    const stopping = new AbortController()
    const onStdout = (): void => stopping.abort()
    const { code, stdout } = await detect(['--stun', await udp(behaviours.refusing(500, '')), '--watch', '--json'], {
      signal: stopping.signal,
      onStdout,
    })
    expect(JSON.parse(stdout)).toMatchObject({
      time: expect.any(String) as string,
      family: 'IPv4',
      result: 'unknown',
      reason: 'NoAnswer',
    })
    expect(code).toBe(1)
  })

  it('ends quietly when it is stopped before anything is known', async () => {
    const { code, stdout } = await detect(['--stun', await udp(truthful), '--watch'], { signal: AbortSignal.abort() })
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })
})

describe('wrong usage', () => {
  it.each<[string, readonly string[], string]>([
    [
      'no source at all',
      [],
      'nobody to ask: give --stun, --http or --interface, or --config; there are no built-in sources',
    ],
    ['a bad server', ['--stun', '10.1'], '--stun: 10.1 is not a STUN server; write host:port or udp://host:port'],
    [
      'a bad URL',
      ['--http', 'ftp://a.net'],
      '--http: ftp://a.net is not an http or https URL without user and password',
    ],
    ['a bad quorum', ['--stun', 'a.net', '--quorum', '0'], '--quorum: 0 is not a number from 1 to 99'],
    ['a bad time', ['--stun', 'a.net', '--timeout', '-1'], '--timeout: -1 is not between 0.1 and 60 seconds'],
    [
      'flags that a manifest replaces',
      ['--config', 'wan.yaml', '--require-authenticated'],
      '--require-authenticated cannot stand beside --config: change the manifest instead',
    ],
    [
      'a file without a WANAddress',
      ['--config', '-'],
      '-: must hold one WANAddress of dns.stoa.dev/v1alpha1, and holds none',
    ],
  ])('is reported: %s', async (_what, args, message) => {
    const { code, stderr, stdout } = await detect(args)
    expect({ code, stderr, stdout }).toEqual({ code: 64, stderr: message, stdout: '' })
  })

  it.each([
    ['quorum: 2', 'wan.yaml: spec: nobody to ask: give at least one of stun, http and interface'],
    ['quorum: many\nstun: {servers: [a.net]}', 'wan.yaml: spec.quorum: must be of type integer'],
    [
      'quorum: 1\nstun: {servers: ["10.1"]}',
      'wan.yaml: spec.stun.servers[0]: 10.1 is not a STUN server; write host:port or udp://host:port',
    ],
    ['quorum: [', 'wan.yaml:6: not readable as YAML'],
  ])('is reported: a manifest that says %j', async (spec, message) => {
    const { code, stderr } = await detect(['--config', await write(spec)])
    expect(code).toBe(64)
    expect(stderr).toContain(message)
  })

  it('is reported: a file that is not there', async () => {
    const { code, stderr } = await detect(['--config', 'none.yaml'])
    expect(code).toBe(64)
    expect(stderr).toMatch(/^none\.yaml: cannot be read \(.*no such file or directory\)$/)
  })

  it('is reported: a family the manifest does not ask for', async () => {
    const file = await write('quorum: 1\nstun: {servers: [a.net]}')
    expect(await detect(['--config', file, '--family', '6'])).toMatchObject({
      code: 64,
      stderr: '--family 6: wan.yaml does not ask for IPv6',
    })
  })
})
