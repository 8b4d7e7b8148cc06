// What `stoa run` can be told, as data: its flags, environment, file keys, help and docs/spec/configuration.md follow from this table.
import { parseIpAddress } from '../model/address.ts'
import { isNamespaceName } from '../model/namespace.ts'

export interface Setting<Value> {
  /** As the flag spells it, without dashes; the file has the same in camelCase. */
  readonly flag: string
  readonly env: string
  /** What stands for the value in help; absent for a switch. */
  readonly placeholder?: string
  readonly description: string
  readonly fallback: Value
  /** It is what somebody wrote, so it has to be a text in the file: of `1.10` YAML makes the number 1.1. */
  readonly isText?: true
  /** Where alone it means anything; given elsewhere it is refused. Absent: it means something everywhere. */
  readonly onlyWith?: Mode
  /** The value, or what it should have been: `a port from 0 to 65535`. */
  readonly parse: (text: string) => { readonly value: Value } | { readonly expected: string }
}

/** Whether a Stoa follows a repository or folder, or works in a cluster. */
export type Mode = 'git' | 'cluster'

/** Of a Stoa without a cluster, where nobody names another. */
export const DATA_FOLDER = 'stoa-data'

/** Where the Deployment's Lease is, too: whoever works on the cluster from outside must campaign for the same one. */
export const LEASE_NAMESPACE = 'stoa-system'
export const LEASE_NAME = 'stoa'

/** Any Pod may have it, whatever runs in it. */
export const POD_NAMESPACE = 'POD_NAMESPACE'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
const FORMATS = ['console', 'json'] as const

export const SETTINGS = {
  git: text('git', 'STOA_GIT', '<url-or-path>', 'follow a Git repository or a folder instead of a cluster'),
  path: withGit(text('path', 'STOA_GIT_PATH', '<folder>', 'the folder of the repository that holds the manifests')),
  ref: withGit(text('ref', 'STOA_GIT_REF', '<ref>', 'the branch, tag or commit to follow (default: HEAD)')),
  data: withGit(
    text('data', 'STOA_DATA', '<folder>', 'where status and secrets are kept without a cluster (default: ./stoa-data)'),
  ),
  kubeconfig: inCluster(
    text('kubeconfig', 'STOA_KUBECONFIG', '<file>', 'how to reach the cluster (default: as kubectl does)'),
  ),
  context: inCluster(text('context', 'STOA_CONTEXT', '<name>', "the kubeconfig's context to use")),
  watchNamespaces: {
    flag: 'watch-namespaces',
    env: 'STOA_WATCH_NAMESPACES',
    placeholder: '<names>',
    description: 'read only these namespaces, separated by commas (default: all)',
    fallback: undefined,
    isText: true,
    onlyWith: 'cluster',
    parse: (value) => {
      const names = value.split(',').map((name) => name.trim())
      return names.every(isNamespaceName) ? { value: names } : { expected: 'names of namespaces, separated by commas' }
    },
  } satisfies Setting<readonly string[] | undefined>,
  leaderElection: inCluster(
    toggle('leader-election', 'STOA_LEADER_ELECTION', 'let one of several replicas work (in a cluster)', true),
  ),
  leaseNamespace: inCluster(
    text(
      'lease-namespace',
      POD_NAMESPACE,
      '<name>',
      `where the Lease is (default: the Pod's namespace; outside of a Pod ${LEASE_NAMESPACE})`,
    ),
  ),
  leaseName: inCluster(
    withDefault(LEASE_NAME, text('lease-name', 'STOA_LEASE_NAME', '<name>', 'the name of the Lease')),
  ),
  host: address('host', 'STOA_HOST', 'where the HTTP servers listen (default: all addresses in a Pod, else loopback)'),
  metricsPort: port('metrics-port', 'STOA_METRICS_PORT', 'for health and metrics; 0 turns both off', 8080),
  metrics: toggle('metrics', 'STOA_METRICS', 'serve /metrics beside the health checks', true),
  pagePort: port('page-port', 'STOA_PAGE_PORT', 'for the status page and the plain WAN address; 0 turns it off', 51339),
  pageHosts: {
    flag: 'page-hosts',
    env: 'STOA_PAGE_HOSTS',
    placeholder: '<names>',
    description:
      'names under which the page, and on loopback the metrics, may be asked for, separated by commas, besides localhost and addresses (default: none on loopback, else any)',
    fallback: undefined,
    isText: true,
    parse: (value) => {
      const names = value.split(',').map((name) => name.trim())
      return names.every(isHost) ? { value: names } : { expected: 'host names without ports, separated by commas' }
    },
  } satisfies Setting<readonly string[] | undefined>,
  viewPort: port('view-port', 'STOA_VIEW_PORT', 'for the read-only kubectl view, with --git; 0 turns it off', 8001),
  dnsPort: port(
    'dns-port',
    'STOA_DNS_PORT',
    'for the built-in name server of DNSProviders of type Builtin; 0 turns it off',
    5300,
  ),
  dnsHost: withDefault('127.0.0.1', address('dns-host', 'STOA_DNS_HOST', 'where the built-in name server listens')),
  hookSecretFile: withGit(
    text(
      'hook-secret-file',
      'STOA_HOOK_SECRET_FILE',
      '<file>',
      'take push webhooks at /hooks/git of the page, signed with this secret',
    ),
  ),
  dryRun: toggle('dry-run', 'STOA_DRY_RUN', 'decide everything and write nothing to any DNS provider', false),
  logLevel: choice('log-level', 'LOG_LEVEL', { values: LEVELS, fallback: 'info' }, 'how much to say'),
  logFormat: choice('log-format', 'LOG_FORMAT', { values: FORMATS, fallback: 'console' }, 'for people or for programs'),
} as const

export type SettingName = keyof typeof SETTINGS

export type RunConfig = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never
}

/** `watch-namespaces` as a file or a program spells it: `watchNamespaces`. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

interface TextSetting extends Setting<string | undefined> {
  readonly parse: Setting<string>['parse']
}

function text(flag: string, env: string, placeholder: string, description: string): TextSetting {
  const parse: TextSetting['parse'] = (value) => (value === '' ? { expected: 'a text' } : { value })
  return { flag, env, placeholder, description, fallback: undefined, isText: true, parse }
}

/** In one form, by which others tell what it is. An IPv6 address may stand in brackets, as in a URL. */
function address(flag: string, env: string, description: string): TextSetting {
  const parse: TextSetting['parse'] = (value) => {
    const known = parsePlace(value) ?? (isHost(value) ? value : undefined)
    return known === undefined ? { expected: 'an address or a host name, without a port' } : { value: known }
  }
  return { ...text(flag, env, '<address>', description), parse }
}

/** One of a single link has its interface behind it: fe80::1%eth0. */
function parsePlace(text: string): string | undefined {
  const bare = text.replace(/^\[(.*:.*)\]$/, '$1')
  const [, address = bare, link = ''] = /^(.*:.*)(%[\w.-]+)$/.exec(bare) ?? []
  const known = parseIpAddress(address)
  return known && known + link
}

function isHost(name: string): boolean {
  return /^(?!-)[a-z0-9_.-]{1,253}$/i.test(name)
}

function withGit<Some extends Setting<unknown>>(setting: Some): Some {
  return { ...setting, onlyWith: 'git' }
}

function inCluster<Some extends Setting<unknown>>(setting: Some): Some {
  return { ...setting, onlyWith: 'cluster' }
}

function withDefault(fallback: string, setting: TextSetting): Setting<string> {
  return { ...setting, fallback }
}

function toggle(flag: string, env: string, description: string, fallback: boolean): Setting<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }
  const parse: Setting<boolean>['parse'] = (value) => {
    const known = Object.hasOwn(words, value) ? words[value] : undefined
    return known === undefined ? { expected: 'true or false' } : { value: known }
  }
  return { flag, env, description, fallback, parse }
}

function port(flag: string, env: string, description: string, fallback: number): Setting<number> {
  const parse: Setting<number>['parse'] = (value) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65_535
      ? { value: Number(value) }
      : { expected: 'a port from 0 to 65535' }
  return { flag, env, placeholder: '<port>', description: `port ${description}`, fallback, parse }
}

function choice<Value extends string>(
  flag: string,
  env: string,
  { values, fallback }: { readonly values: readonly Value[]; readonly fallback: Value },
  description: string,
): Setting<Value> {
  const parse: Setting<Value>['parse'] = (value) => {
    const known = values.find((one) => one === value.toLowerCase())
    return known === undefined ? { expected: values.join(' or ') } : { value: known }
  }
  return { flag, env, placeholder: `<${values.join('|')}>`, description, fallback, parse }
}
