// How to reach a cluster, and as whom: from a kubeconfig, or from where a Pod finds its service account. client-node runs credential
// plugins and re-reads the tokens of Pods.
import type { Cluster, KubeConfig, SecurityAuthentication } from '@kubernetes/client-node'
import { Agent, type Dispatcher } from 'undici'
import { isObject } from '../../api/is-object.ts'
import { createConnector } from '../../egress/create-connector.ts'
import { targetOf, type Egress, type ProxyChoice } from '../../egress/egress.ts'
import { parseProxy } from '../../egress/proxy.ts'
import { ReconcileError, TerminalError, TransientError } from '../../model/errors.ts'
import { printable } from '../../model/text.ts'
import { untilAborted } from '../../model/until-aborted.ts'
import { checkClientCertificate } from './check-client-certificate.ts'
import { CredentialPlugins } from './credential-plugins.ts'
import { loadKubeconfig } from './load-kubeconfig.ts'

export interface ConnectionOptions {
  /** Path of a kubeconfig. Absent: $KUBECONFIG, ~/.kube/config, or the service account of the Pod. */
  readonly kubeconfig?: string | undefined
  /** Absent: the kubeconfig's current one. */
  readonly context?: string | undefined
  /** What the environment says of proxies; what the kubeconfig says of one stands above it. Absent: nothing. */
  readonly egress?: Egress | undefined
}

export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: Dispatcher
}

export interface Connection {
  /** `https://host:port`, without a slash at the end. */
  readonly server: string
  /** What it is reached through, in words that show no password. */
  readonly proxy: string | undefined
  /** The namespace of the context, or of the Pod. */
  readonly namespace: string | undefined
  /** Of the Pod whose service account this is; undefined with a kubeconfig. */
  readonly podNamespace: string | undefined
  /** For one request: tokens and certificate authorities may be others by the next one. Rejects with the signal's reason when aborted. */
  authorize(signal: AbortSignal): Promise<Authorization>
  /** These were not accepted: the next request asks whoever gives them anew, unless that was done meanwhile. */
  forgetCredentials(refused: Authorization): void
  /** Ends what gives credentials, too. */
  close(): Promise<void>
}

const MAX_WORDS = 400

/** What client-node calls the one it makes of a service account. */
const CONTEXT_OF_POD = 'inClusterContext'

/** client-node is loaded here, late: commands that talk to no cluster start without it. */
export async function openConnection(options: ConnectionOptions = {}): Promise<Connection> {
  const { KubeConfig } = await import('./client-node.ts')
  const config = new KubeConfig()
  const files = await loadKubeconfig(config, options.kubeconfig)
  refuseNowhere(config)
  if (options.context !== undefined) config.setCurrentContext(options.context)
  const cluster = findCluster(config, ['the kubeconfig', files.join(', ')].join(' ').trim())
  const proxy = chooseProxy(cluster, options.egress)
  const agents = new SharedAgent(config, proxy)
  const context = config.getCurrentContext()
  const namespace = config.getContextObject(context)?.namespace
  return {
    server: cluster.server.replace(/\/+$/, ''),
    proxy: proxy === undefined ? undefined : 'problem' in proxy ? proxy.problem : proxy.name,
    namespace,
    podNamespace: context === CONTEXT_OF_POD ? namespace : undefined,
    authorize: (signal) => agents.authorize(signal),
    forgetCredentials: (refused) => agents.forgetCredentials(refused),
    close: () => agents.close(),
  }
}

/** What client-node makes up when it finds nothing. */
function refuseNowhere(config: KubeConfig): void {
  const isMadeUp = config.getCurrentContext() === 'loaded-context'
  if (!isMadeUp || config.getCurrentCluster()?.server !== 'http://localhost:8080') return
  const remedy =
    'give --kubeconfig, set KUBECONFIG, or run in a Pod with a service account; for a Stoa without a cluster, `stoa run` takes --git, ' +
    'and the other commands take its --data'
  throw new TerminalError('KubeconfigInvalid', `there is no kubeconfig and this is no Pod: ${remedy}`)
}

function findCluster(config: KubeConfig, name: string): Cluster {
  const context = config.getCurrentContext()
  const cluster = config.getCurrentCluster()
  if (cluster?.server.startsWith('http:') === true && cluster.skipTLSVerify !== true) {
    const remedy = 'if this is the view of a Stoa without a cluster, use its --data; a cluster is reached over https'
    throw new TerminalError('KubeconfigInvalid', `${name} leads to ${cluster.server}, without TLS: ${remedy}`)
  }
  if (cluster !== null && !/^https?:$/.test(protocolOf(cluster.server))) {
    const message = `${name} has the server "${cluster.server}", which is no URL such as https://192.0.2.1:6443`
    throw new TerminalError('KubeconfigInvalid', message)
  }
  if (cluster !== null) return cluster
  const known = config.getContexts().map(({ name }) => name)
  throw new TerminalError(
    'KubeconfigInvalid',
    `${name} has no context ${context || '(none is current)'} with a cluster; it has ${known.join(', ') || 'none'}`,
  )
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}

/** As kubectl does: no exemption counts for the one of the kubeconfig. SOCKS is spoken by client-node alone. */
function chooseProxy({ proxyUrl = '', server }: Cluster, egress: Egress | undefined): ProxyChoice {
  if (isSocks(proxyUrl)) return undefined
  if (proxyUrl !== '') return parseProxy(proxyUrl, 'proxy-url in the kubeconfig')
  const { protocol, hostname, port } = new URL(server)
  return egress?.proxyFor(targetOf(protocol, hostname, port))
}

function isSocks(proxyUrl: string): boolean {
  return /^socks/i.test(proxyUrl)
}

type CreateDispatcher = (cluster: Cluster | null, tls: object) => Dispatcher | undefined
/** What client-node gives its own agents: balancers forget connections that are silent for a minute. */
const KEPT = { keepAlive: true, keepAliveInitialDelay: 30_000 }
const CONNECT_TIMEOUT_MS = 20_000

function createAgent(proxy: NonNullable<ProxyChoice>, tls: object): Agent {
  const proxyFor = (): ProxyChoice => proxy
  return new Agent({ connect: createConnector({ proxyFor, timeoutMs: CONNECT_TIMEOUT_MS, tls: { ...tls, ...KEPT } }) })
}

/** As client-node writes it. */
const AUTHORIZATION = 'Authorization'

type RequestContext = Parameters<SecurityAuthentication['applySecurityAuthentication']>[0]

/**
 * client-node would open a new agent, and so a new connection, for every request. One agent serves here until the certificates it was
 * made with are others.
 */
class SharedAgent {
  readonly #config: KubeConfig
  readonly #plugins: CredentialPlugins
  #underWay: Promise<Authorization> | undefined
  #latest: Authorization | undefined
  #agent: { readonly key: string; readonly dispatcher: Dispatcher } | undefined

  constructor(config: KubeConfig, proxy: ProxyChoice) {
    this.#config = config
    this.#plugins = new CredentialPlugins(config)
    // The method is private in client-node's types, and there is no other way to keep its agents from piling up.
    const hooks = config as unknown as { createDispatcher: CreateDispatcher }
    const create = hooks.createDispatcher.bind(config)
    hooks.createDispatcher = (cluster, tls) =>
      this.#reuse(keyOf(tls), () => {
        this.#refuseUnusable(tls)
        return proxy === undefined ? (create(cluster, tls) ?? new Agent()) : createAgent(proxy, tls)
      })
  }

  /** Requests that begin together ask a plugin once. */
  authorize(signal: AbortSignal): Promise<Authorization> {
    this.#underWay ??= this.#authorize().finally(() => (this.#underWay = undefined))
    return untilAborted(this.#underWay, signal)
  }

  async #authorize(): Promise<Authorization> {
    const headers: Record<string, string> = {}
    let dispatcher: Dispatcher | undefined
    const context = {
      setHeaderParam: (name: string, value: string) => void (headers[name] = value.trim()),
      setDispatcher: (given: Dispatcher) => void (dispatcher = given),
    }
    try {
      // It calls these two methods of the context alone.
      await this.#config.applySecurityAuthentication(context as unknown as RequestContext)
    } catch (error) {
      if (error instanceof ReconcileError) throw error
      // A plugin or a file that is missing now may be there at the next try.
      throw new TransientError('KubeconfigInvalid', describeNoCredentials(this.#config, error), { cause: error })
    }
    this.#latest = { headers, dispatcher: dispatcher ?? this.#reuse('', () => new Agent()) }
    return this.#latest
  }

  /** A plugin may ask a person: an answer that comes late must not have it asked once more. */
  forgetCredentials({ headers, dispatcher }: Authorization): void {
    const { headers: latest = {}, dispatcher: latestDispatcher } = this.#latest ?? {}
    const isLatest = headers[AUTHORIZATION] === latest[AUTHORIZATION] && dispatcher === latestDispatcher
    if (isLatest) this.#plugins.forget()
  }

  async close(): Promise<void> {
    this.#plugins.end()
    const agent = this.#agent
    this.#agent = undefined
    await agent?.dispatcher.destroy()
  }

  /** A file may hold another one by the next request. */
  #refuseUnusable(tls: object): void {
    const problem = checkClientCertificate(tls)
    if (problem === undefined) return
    const message = `the user ${this.#config.getCurrentUser()?.name} of the kubeconfig ${problem}`
    throw new TransientError('KubeconfigInvalid', message)
  }

  /** Requests under way, and watches among them, end on the agent they began with. */
  #reuse(key: string, create: () => Dispatcher): Dispatcher {
    if (this.#agent?.key === key) return this.#agent.dispatcher
    void this.#agent?.dispatcher.close()
    this.#agent = { key, dispatcher: create() }
    return this.#agent.dispatcher
  }
}

function describeNoCredentials(config: KubeConfig, error: unknown): string {
  const user = config.getCurrentUser()
  const plugin: unknown = isObject(user?.exec) ? user.exec['command'] : undefined
  return typeof plugin === 'string'
    ? `the plugin "${plugin}" that the kubeconfig has for the user ${user?.name} gave no credentials: ${describePlugin(error)}`
    : `what the kubeconfig names for the context ${config.getCurrentContext()} cannot be read: ${wordsOf(error)}`
}

function describePlugin(error: unknown): string {
  // What it printed may be a secret, and such an error quotes it.
  if (error instanceof SyntaxError || error instanceof TypeError) return 'what it printed is no ExecCredential'
  const words = wordsOf(error)
  return words.endsWith(' ENOENT') ? 'there is no such program on the PATH' : words
}

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return printable(message.trim().slice(0, MAX_WORDS)) || 'it failed, and said nothing'
}

/** Certificates are Buffers, whose text is themselves. */
function keyOf(tls: object): string {
  return Object.entries(tls)
    .map(([option, value]) => `${option}=${String(value)}`)
    .join('\n')
}
