// The flags of `stoa detect`, and the question they ask.
import type { Command } from 'commander'
import { Option } from 'commander'
import type { DetectionSpec } from '../../observe/wan/detection-spec.ts'
import { parseServiceUrl } from '../../observe/wan/http/service-url.ts'
import { parseStunServer } from '../../observe/wan/stun/stun-server.ts'
import { UsageError } from '../usage-error.ts'

export interface DetectFlags {
  readonly family?: '4' | '6'
  readonly stun?: readonly string[]
  readonly http?: readonly string[]
  readonly interface?: string | true
  readonly quorum?: string
  readonly requireAuthenticated?: true
  readonly config?: string
  readonly timeout?: string
  readonly json: boolean
  readonly watch: boolean
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

export function addDetectFlags(command: Command): Command {
  return command
    .addOption(new Option('--family <family>', 'which address to find (default: 4)').choices(['4', '6']))
    .option('--stun <server>', 'a STUN server: host:port, udp://host:port or tcp://host:port (repeatable)', collect)
    .option('--http <url>', 'a web service that answers with the caller’s address (repeatable)', collect)
    .option('--interface [name]', 'count a public address on this interface, or on any')
    .option('--quorum <count>', 'how many operators must agree (default: 2, or 1 where only one is asked)')
    .option('--require-authenticated', 'one of the agreeing answers must come over TLS')
    .option('--config <file>', 'take all this from a WANAddress manifest; - is standard input')
    .option('--timeout <seconds>', 'how long to wait for answers (default: 3)')
    .option('--json', 'print JSON', false)
    .option('--watch', 'go on asking, and print what changes', false)
}

/** Flags that say what a manifest says too. */
const QUESTION_FLAGS = ['stun', 'http', 'interface', 'quorum', 'requireAuthenticated'] as const

export function readTimeoutMs({ timeout }: DetectFlags): number | undefined {
  if (timeout === undefined) return undefined
  const seconds = /^\d+(?:\.\d+)?$/.test(timeout) ? Number(timeout) : 0
  if (seconds < 0.1 || seconds > 60) throw new UsageError(`--timeout: ${timeout} is not between 0.1 and 60 seconds`)
  return seconds * 1000
}

export function forbidQuestionFlags(flags: DetectFlags): void {
  const given = QUESTION_FLAGS.find((name) => flags[name] !== undefined)
  if (given === undefined) return
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new UsageError(`--${flag} cannot stand beside --config: change the manifest instead`)
}

/** `quorum` is left open where nobody said it: it then depends on how many operators there are. */
export function readQuestion(flags: DetectFlags): Pick<DetectionSpec, 'stun' | 'http' | 'interface'> {
  const { stun, http, interface: name } = flags
  if (stun === undefined && http === undefined && name === undefined) {
    throw new UsageError(
      'nobody to ask: give --stun, --http or --interface, or --config; there are no built-in sources',
    )
  }
  const servers = readEach('--stun', stun, parseStunServer, 'a STUN server; write host:port or udp://host:port')
  const urls = readEach('--http', http, parseServiceUrl, 'an http or https URL without user and password')
  return {
    stun: stun && { servers, serverListUrls: [], maxServers: servers.length, transports: ['UDP', 'TCP'] },
    http: http && { urls, jsonField: '' },
    interface: name === undefined ? undefined : { name: name === true ? undefined : name },
  }
}

export function readQuorum({ quorum }: DetectFlags): number | undefined {
  if (quorum === undefined) return undefined
  if (!/^[1-9]\d?$/.test(quorum)) throw new UsageError(`--quorum: ${quorum} is not a number from 1 to 99`)
  return Number(quorum)
}

function readEach<Value>(
  flag: string,
  texts: readonly string[] = [],
  parse: (text: string) => Value | undefined,
  expected: string,
): readonly Value[] {
  return texts.map((text) => {
    const value = parse(text)
    if (value === undefined) throw new UsageError(`${flag}: ${text} is not ${expected}`)
    return value
  })
}
