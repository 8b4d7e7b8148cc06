import type { AllowedNamespaces } from '../api/generated/node-pool.ts'
import type { ContributedMember, Standing } from './contribution.ts'
import { isInDns, type Member } from './member.ts'
import type { Membership } from './membership.ts'
import {
  contributeKnown,
  type Contributed,
  type Lookup,
  type ReferenceTo,
  type TargetContext,
} from './target-context.ts'
import { useShared } from './use-reference.ts'

export interface ObservedPool {
  readonly allowedNamespaces: AllowedNamespaces
  /** From `listPoolMembers`: one list serves every record that refers to the pool. */
  readonly members: readonly ContributedMember[]
  /** What is remarkable about the membership. */
  readonly message: string | undefined
}

const STANDINGS: Readonly<Record<Member['state'], Standing>> = {
  Active: 'active',
  Draining: 'draining',
  NotReady: 'notReady',
  Unreachable: 'notReady',
  Cordoned: 'notReady',
  Readmitting: 'notReady',
  Unhealthy: 'unhealthy',
  NoAddress: 'departed',
}

/** Members that a brake keeps in are as good as active. Those without an address have nothing to give. */
export function listPoolMembers({ members }: Membership): readonly ContributedMember[] {
  const giving = members.filter(({ addresses }) => addresses.length > 0)
  return giving.map((member) => {
    const { name, addresses, region, state } = member
    return { name, addresses, region, standing: isInDns(member) ? 'active' : STANDINGS[state] }
  })
}

/** A record with a health check of its own must look up the pool as judged with that check. */
export function contributePool(
  context: TargetContext,
  reference: ReferenceTo,
  lookup: Lookup<ObservedPool>,
): Contributed {
  return useShared(context, { kind: 'NodePool', reference }, lookup, ({ members, message }) =>
    contributeKnown(
      context,
      { kind: 'members', source: 'pool', members: withRegion(members, context.target.region) },
      { message },
    ),
  )
}

function withRegion(members: readonly ContributedMember[], region: string | undefined): readonly ContributedMember[] {
  if (region === undefined || members.every((member) => member.region !== undefined)) return members
  return members.map((member) => (member.region === undefined ? { ...member, region } : member))
}
