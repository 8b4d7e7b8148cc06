// How connections to providers and to the Kubernetes API leave this machine: directly, or through the proxy that the environment names.
// What finds out our own address, health probes and DNS never come here: they would tell of the proxy instead of us.
import { parseNoProxy, type Destination } from './no-proxy.ts'
import { parseProxy, type Proxy, type UnusableProxy } from './proxy.ts'

export type ProxyChoice = Proxy | UnusableProxy | undefined

/** The first that says something counts; of two spellings the one in capitals, as with Go's programs. */
const OF_PROXIES = ['HTTPS_PROXY', 'https_proxy'] as const
/** Libraries go by these as well, unless connections are made for them. */
const ANY_PROXY = /^(https?|all)_proxy$/i
const OF_EXEMPTIONS = ['NO_PROXY', 'no_proxy'] as const

type Environment = Readonly<Record<string, string | undefined>>

export interface Target extends Destination {
  readonly protocol: string
}

export interface Egress {
  /** Of the environment; undefined where it names none. */
  readonly proxy: ProxyChoice
  /**
   * Undefined: directly. So goes all that is without TLS: it stays in this machine or this cluster, and must not show its credentials
   * to anybody on the way.
   */
  readonly proxyFor: (target: Target) => ProxyChoice
  /** Certificates to trust in place of those that Node does. */
  readonly ca: string | undefined
}

export function readEgress(env: Environment, ca?: string): Egress {
  const source = OF_PROXIES.find((name) => isSaid(env[name]))
  const proxy = source === undefined ? undefined : parseProxy(env[source]?.trim() ?? '', source)
  const isExempt = parseNoProxy(OF_EXEMPTIONS.map((name) => env[name]).find(isSaid) ?? '')
  const proxyFor: Egress['proxyFor'] = (target) => (target.protocol === 'http:' || isExempt(target) ? undefined : proxy)
  return { proxy, proxyFor, ca }
}

/** Undefined where the environment speaks of no proxy at all, in which case connections leave as each library makes them. */
export function findEgress(env: Environment): Egress | undefined {
  const isSpokenOf = Object.keys(env).some((name) => ANY_PROXY.test(name) && isSaid(env[name]))
  return isSpokenOf ? readEgress(env) : undefined
}

function isSaid(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== ''
}

/** As URLs and libraries give a destination. */
export function targetOf(protocol: string, host: string, port: string | number | null | undefined): Target {
  const standard = protocol === 'https:' ? 443 : 80
  return { protocol, host: host.replace(/^\[|\]$/g, ''), port: Number(port) || standard }
}
