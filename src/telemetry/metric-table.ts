// Every metric of the process as data: the code that counts, the types of its labels and docs/spec/metrics.md follow from this table.

/** The values a label can have, or `named`: as many as people have made objects, such as zones. */
export type LabelValues = readonly string[] | 'named'

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: `stoa_${string}`
  readonly help: string
  readonly labels: Readonly<Record<string, LabelValues>>
  /** Upper bounds, for a histogram. */
  readonly buckets?: readonly number[]
}

const KINDS = ['DynamicDNSRecord', 'NodePool', 'WANAddress', 'DNSProvider'] as const
const WATCHED_KINDS = [...KINDS, 'Node', 'Service', 'Namespace', 'Secret'] as const
const PROVIDER_TYPES = [
  'Cloudflare',
  'Gandi',
  'Route53',
  'Google',
  'Azure',
  'RFC2136',
  'PowerDNS',
  'Webhook',
  'DNSEndpoint',
  'Builtin',
] as const
const TRANSPORTS = ['UDP', 'TCP', 'HTTP', 'HTTPS', 'Interface'] as const
const FAMILIES = ['IPv4', 'IPv6'] as const
const DNS_OUTCOMES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'NOTAUTH',
  'BADVERS',
  'TRUNCATED',
  'NONE',
] as const
const ZONE = { provider: 'named', zone: 'named' } as const

export const METRIC_TABLE = {
  buildInfo: {
    type: 'gauge',
    name: 'stoa_build_info',
    help: 'Always 1; which Stoa this is.',
    labels: { version: 'named', node: 'named' },
  },
  reconciles: {
    type: 'counter',
    name: 'stoa_reconciles_total',
    help: 'Reconciles of one object, by how they ended.',
    labels: { kind: KINDS, outcome: ['done', 'waiting', 'transient', 'terminal'] },
  },
  reconcileSeconds: {
    type: 'histogram',
    name: 'stoa_reconcile_duration_seconds',
    help: 'How long a reconcile took.',
    labels: { kind: KINDS },
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
  },
  queueDepth: {
    type: 'gauge',
    name: 'stoa_queue_depth',
    help: 'Objects that wait for their reconcile.',
    labels: { kind: KINDS },
  },
  providerCalls: {
    type: 'counter',
    name: 'stoa_provider_calls_total',
    help: 'Calls to DNS providers, by how they ended.',
    labels: { type: PROVIDER_TYPES, outcome: ['answered', 'throttled', 'failed'] },
  },
  providerBudget: {
    type: 'gauge',
    name: 'stoa_provider_budget_ratio',
    help: 'How much of the allowance of calls is left, from 0 to 1.',
    labels: { provider: 'named' },
  },
  zonePasses: {
    type: 'counter',
    name: 'stoa_zone_passes_total',
    help: 'Looks at a zone: settled when nothing had to be written, held when a brake kept something back.',
    labels: { ...ZONE, outcome: ['settled', 'applied', 'held', 'failed', 'unavailable'] },
  },
  changes: {
    type: 'counter',
    name: 'stoa_changes_total',
    help: 'Changes of record sets, by what came of them.',
    labels: {
      kind: ['create', 'update', 'delete', 'release'],
      outcome: ['applied', 'failed', 'outdated', 'unconfirmed', 'skipped'],
    },
  },
  zoneRecordSets: {
    type: 'gauge',
    name: 'stoa_zone_record_sets',
    help: 'Record sets in the zone, whoever made them.',
    labels: ZONE,
  },
  zoneOwned: {
    type: 'gauge',
    name: 'stoa_zone_owned_record_sets',
    help: 'Record sets in the zone that are ours.',
    labels: ZONE,
  },
  zoneOrphans: {
    type: 'gauge',
    name: 'stoa_zone_orphans',
    help: 'Record sets in the zone that are ours and that no resource claims. See `stoa orphans`.',
    labels: ZONE,
  },
  zoneHeld: {
    type: 'gauge',
    name: 'stoa_zone_held_changes',
    help: 'Changes that the guard, a plan mode or a dry run keeps back.',
    labels: ZONE,
  },
  watchEvents: {
    type: 'counter',
    name: 'stoa_watch_events_total',
    help: 'Changes heard of from the store.',
    labels: { kind: WATCHED_KINDS },
  },
  watchRelists: {
    type: 'counter',
    name: 'stoa_watch_relists_total',
    help: 'Times that everything of a kind was read again.',
    labels: { kind: WATCHED_KINDS },
  },
  watchLastHeard: {
    type: 'gauge',
    name: 'stoa_watch_last_heard_timestamp_seconds',
    help: 'When the watch last gave a sign of life, in seconds since the epoch.',
    labels: { kind: WATCHED_KINDS },
  },
  leader: {
    type: 'gauge',
    name: 'stoa_leader',
    help: '1 while this process is the one that writes, otherwise 0.',
    labels: {},
  },
  wanRounds: {
    type: 'counter',
    name: 'stoa_wan_rounds_total',
    help: 'Rounds of questions for the WAN address, by how they ended.',
    labels: { family: FAMILIES, outcome: ['known', 'unknown'] },
  },
  wanAnswers: {
    type: 'counter',
    name: 'stoa_wan_answers_total',
    help: 'What sources of the WAN address said: refused answers were not to be believed.',
    labels: {
      transport: TRANSPORTS,
      outcome: ['answered', 'refused', 'failed', 'unneeded'],
    },
  },
  wanLastAnswer: {
    type: 'gauge',
    name: 'stoa_wan_last_answer_timestamp_seconds',
    help: 'When a source of this transport last answered, in seconds since the epoch.',
    labels: { transport: TRANSPORTS },
  },
  wanLastKnown: {
    type: 'gauge',
    name: 'stoa_wan_last_known_timestamp_seconds',
    help: 'When a round last found the WAN address, in seconds since the epoch.',
    labels: { namespace: 'named', name: 'named', family: FAMILIES },
  },
  probes: {
    type: 'counter',
    name: 'stoa_probes_total',
    help: 'Health probes, by their result.',
    labels: { type: ['http', 'tcp', 'grpc'], result: ['healthy', 'unhealthy'] },
  },
  statusWrites: {
    type: 'counter',
    name: 'stoa_status_writes_total',
    help: 'Status writes: conflict means that the object had changed meanwhile, and is reconciled again.',
    labels: { kind: KINDS, outcome: ['written', 'conflict', 'failed'] },
  },
  eventsDropped: {
    type: 'counter',
    name: 'stoa_events_dropped_total',
    help: 'Events for people that could not be delivered, or were too many.',
    labels: {},
  },
  dnsQueries: {
    type: 'counter',
    name: 'stoa_dns_queries_total',
    help: 'Questions to the built-in DNS server, by its answer: TRUNCATED must be asked again over TCP, NONE was no question.',
    labels: { transport: ['UDP', 'TCP'], rcode: DNS_OUTCOMES },
  },
  dnsTransfers: {
    type: 'counter',
    name: 'stoa_dns_transfers_total',
    help: 'Zone transfers that the built-in DNS server began. Refused ones count as queries.',
    labels: { zone: 'named', outcome: ['sent', 'failed'] },
  },
  dnsNotifies: {
    type: 'counter',
    name: 'stoa_dns_notifies_total',
    help: 'Notices of a changed zone to secondaries.',
    labels: { zone: 'named', outcome: ['acknowledged', 'failed'] },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>
