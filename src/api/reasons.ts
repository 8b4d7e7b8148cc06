// Every reason a condition or an event may give, with its meaning. docs/spec/ lists them by kind.
import { KIND_NAMES, type KindName } from './kinds.ts'

export interface ReasonMeaning {
  readonly meaning: string
  readonly kinds: readonly KindName[]
}

function on(kinds: readonly KindName[]): (meaning: string) => ReasonMeaning {
  return (meaning) => ({ meaning, kinds })
}

const all = on(KIND_NAMES)
const record = on(['DynamicDNSRecord'])
const pool = on(['NodePool'])
const wan = on(['WANAddress'])
const provider = on(['DNSProvider'])
const recordAndPool = on(['DynamicDNSRecord', 'NodePool'])
const recordAndProvider = on(['DynamicDNSRecord', 'DNSProvider'])

const DOCUMENTED = {
  // How far it is.
  Succeeded: all('All is as the spec wants it.'),
  Progressing: all('A change of the spec or of the world is being carried out.'),
  ProgressingWithRetry: all('It did not work yet and is tried again; Ready says why.'),
  ProgressDeadlineExceeded: record('Not ready for longer than progressDeadlineSeconds. Retries go on.'),
  Suspended: on(['DynamicDNSRecord', 'WANAddress'])('Nothing is changed, because spec.suspend is true.'),
  Deleting: recordAndProvider(
    'The object goes once its record sets are removed; a DNSProvider, once no record has any there.',
  ),
  InvalidSpec: all('The spec contradicts itself or the world in a way only a change of the spec can mend.'),
  UnexpectedError: all('Something failed in a way nobody foresaw. It is tried again.'),

  // Where addresses come from.
  PoolNotFound: record('A target refers to a NodePool that does not exist. What was published stays.'),
  WANAddressNotFound: record('A target refers to a WANAddress that does not exist. What was published stays.'),
  ServiceNotFound: record('A target refers to a Service that does not exist. What was published stays.'),
  NamespaceNotAllowed: record('The pool, WANAddress or provider does not let this namespace refer to it.'),
  NamespaceUnknown: record(
    'The labels of the namespace, which decide what it may refer to, could not be read. What was published stays.',
  ),
  PoolUnknown: record('The members of a pool could not be found out. What was published stays.'),
  WANAddressUnknown: record('The public address is not known at the moment. What was published stays.'),
  ServiceAddressUnknown: record('The Service has no load-balancer address yet. What was published stays.'),
  BelowMinimum: recordAndPool('Fewer addresses or members are fit than the floor asks for.'),
  NoMembers: pool('No node matches the selector, and there are no hosts.'),
  NodesUnknown: pool('The nodes could not be read. Members stay as they were.'),
  HealthUnknown: pool('The members of a new pool have not answered their health check yet. What was published stays.'),

  // Whose names they are.
  ProviderNotFound: record('The DNSProvider in providerRef does not exist.'),
  NoProviderForZone: record('No DNSProvider has a zone for a hostname.'),
  AmbiguousProvider: record('Two DNSProviders have the same zone for a hostname. Name one in providerRef.'),
  HostnameNotAllowed: record("The provider's allowedRecords do not let this namespace have a hostname."),
  NotOwned: record('A record set is there that somebody else owns or nobody marked. adopt takes over the latter.'),
  Conflicted: record('Another resource has the same name and type and came first.'),
  CNAMEConflict: record('A name has another record type where a CNAME should stand, or the other way round.'),
  Occluded: record(
    'A name lies below a delegation (NS) or a DNAME of its own zone, so that nobody would see what is written there.',
  ),
  InvalidName: record('A hostname, once its placeholders are filled in, is no valid name.'),
  MemberNameCollision: record('Two members of a pool give the same name.'),

  // What a provider can do.
  RoutingUnsupported: record('The provider does not know the routing policy, and routing.fallback is not set.'),
  AliasUnsupported: record("The provider has no ALIAS, so a hostname target cannot stand at the zone's apex."),
  WildcardUnsupported: record('The provider takes no wildcard names.'),
  ProviderOptionsMismatch: record('There is a block in providerOptions for another type of provider.'),
  ProviderRefused: recordAndProvider('The provider refused a change or a request for good; the message has its words.'),
  ProviderUnavailable: recordAndProvider('The provider does not answer or has an outage. It is tried again.'),
  RateLimited: recordAndProvider('The provider asked for fewer requests. It is tried again when it allows.'),
  CredentialsInvalid: recordAndProvider('The provider does not accept the credentials, or the Secret lacks a key.'),
  UpdateDenied: record(
    'The provider accepts the credentials, but not for a change of this name or type; the message says what to allow.',
  ),
  ClockSkew: recordAndProvider('The clocks here and at the server differ too much for signed messages.'),
  Outdated: recordAndProvider('The zone changed while it was being written. It is read and planned again.'),
  Unconfirmed: on(['DynamicDNSRecord', 'WANAddress'])('It may have changed, but that is not confirmed yet.'),
  CannotListen: provider('The built-in name server cannot listen where it is told to, or is turned off.'),
  SecretNotFound: provider('The Secret in credentialsSecretRef does not exist.'),
  ZoneNotFound: recordAndProvider('The provider has no such zone, or the credentials do not reach it.'),

  // What holds it back.
  AwaitingApproval: record('The mode asks for an approval before this plan is carried out.'),
  PlanHeld: recordAndProvider('A plan is held and waits for an approval.'),
  GuardHeld: recordAndProvider('Too much would be deleted at once, so the guard holds the plan.'),
  MoveHeld: record('A name would move to another provider or zone, which waits for an approval.'),
  PolicyForbidsDelete: record('Something should go, but syncPolicy UpsertOnly never deletes.'),

  // What the world says about our address.
  NoAnswer: wan('No source answered.'),
  AddressRefused: wan('Every answer is an address that is not to be believed, such as a private one.'),
  NoQuorum: wan('Too few sources agree on an address.'),
  Conflict: wan('Two addresses have a quorum each.'),
  NotAuthenticated: wan('Enough sources agree, but none of them over TLS.'),
  TooFewOperators: wan('The sources belong to fewer operators than the quorum needs. Add sources of others.'),
  NoAuthenticatedSource: wan('An answer over TLS is required, and no source gives one.'),
  NoServerList: wan('No list of servers could be fetched, and none is kept from before.'),
  NotYetAsked: wan('Nobody has been asked yet.'),
  CarrierGradeNat: wan('The address is shared behind carrier-grade NAT, so traffic from outside cannot arrive.'),
  PrivateGateway: wan('The address belongs to a router, so traffic from outside arrives only where that forwards it.'),

  // Where the address is published for others.
  ConfigMapNotOwned: wan(
    'The ConfigMap in publishTo belongs to somebody else and is left alone. Name another, or remove it.',
  ),
  ConfigMapNotWritten: wan('The address could not be written where publishTo wants it. It is tried again.'),
} as const satisfies Readonly<Record<string, ReasonMeaning>>

export type Reason = keyof typeof DOCUMENTED

export const REASONS: Readonly<Record<Reason, ReasonMeaning>> = DOCUMENTED

/** Reasons of errors that stand in the log or end a command, and in no condition: what they are about is no object of ours. */
export const PROCESS_REASONS: Readonly<Record<string, string>> = {
  ApiRefused: 'The Kubernetes API refused a request for good.',
  ApiUnavailable: 'The Kubernetes API does not answer, or not as it should.',
  DataDirectoryInUse: 'Another process has the data directory.',
  DataDirectoryUnusable: 'The data directory cannot be made, read or written.',
  Expired: 'The Kubernetes API has forgotten the version to go on from; everything is read again.',
  Forbidden: 'The Kubernetes API does not grant a right that is needed.',
  GitFailed: 'A git command failed.',
  GitMissing: 'There is no git where commands are looked for.',
  InvalidSource: 'What to follow is no URL, path, branch, tag or commit that can be followed.',
  KubeconfigInvalid: 'The kubeconfig cannot be used.',
  NamespaceTerminating: 'The namespace is being deleted, and the Kubernetes API makes nothing new in it.',
  NotAdmitted: 'A quota, webhook or policy of the cluster does not admit it; the message has its words.',
  NotFound: 'The Kubernetes API has no such object or resource.',
  NotSynced: 'Nothing has been read from the source yet.',
  NothingToApprove: 'Nothing is held under this hash.',
  SecretNotText: 'A key of a Secret holds something that is no text.',
  SecretTooLarge: 'A file of a Secret is larger than a Secret may be.',
  SourceBusy: 'The source changes faster than it can be read.',
  SourceMissing: 'The folder or repository to follow is not on this machine, or not yet.',
  SourceUnreachable: 'The repository cannot be reached.',
  SourceUnreadable: 'The folder or repository cannot be read.',
  StateDamaged: 'What was remembered is damaged, and so is the version before it.',
  StateNotSaved: 'What is to be remembered could not be written to disk.',
  StateTooNew: 'What was remembered is from a newer version.',
  StateTooOld: 'What was remembered is from a version that can no longer be read.',
  StateUnreadable: 'What was remembered cannot be read from disk.',
  Stopped: 'The process is about to end.',
  Unauthorized: 'The Kubernetes API does not accept the credentials.',
}

/** Errors carry their reason as text; one that nobody has documented is unexpected. */
export function toReason(text: string): Reason {
  return Object.hasOwn(REASONS, text) ? (text as Reason) : 'UnexpectedError'
}
