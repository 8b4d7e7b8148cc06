// Addresses that belong to no pool, each a member of its own, with the standing that health probes give it.
import type { IpAddress } from '../model/address.ts'
import { listSome } from '../model/text.ts'
import type { MembersContent, Standing, TargetContent } from './contribution.ts'
import { removalTime } from './health-verdicts.ts'
import { earliest } from './instant.ts'
import type { TargetContext } from './target-context.ts'

export interface JudgedAddresses {
  readonly content: MembersContent
  readonly message: string | undefined
  readonly nextChangeAt: number | undefined
}

interface JudgedAddress {
  readonly address: IpAddress
  readonly standing: Standing
  readonly problem: string | undefined
  readonly nextChangeAt: number | undefined
}

const MOST_PROBLEMS = 3

export function judgeAddresses(
  context: TargetContext,
  source: MembersContent['source'],
  addresses: readonly IpAddress[],
): JudgedAddresses {
  const judged = [...new Set(addresses)].map((address) => judgeAddress(address, context))
  const { key, target } = context
  const members = judged.map(({ address, standing }) => {
    return { name: key, addresses: [address], standing, region: target.region }
  })
  const problems = judged.flatMap(({ problem }) => problem ?? [])
  return {
    content: { kind: 'members', source, members },
    message: problems.length === 0 ? undefined : `the health check fails: ${listSome(problems, MOST_PROBLEMS)}`,
    nextChangeAt: earliest(judged.map(({ nextChangeAt }) => nextChangeAt)),
  }
}

/**
 * | verdict                                | was unhealthy | was active, or is new |
 * |----------------------------------------|---------------|-----------------------|
 * | none yet                               | unhealthy     | active                |
 * | healthy                                | active        | active                |
 * | unhealthy, removalDelay not over       | unhealthy     | active                |
 * | unhealthy                              | unhealthy     | unhealthy             |
 */
function judgeAddress(address: IpAddress, { health, last, now }: TargetContext): JudgedAddress {
  const active: JudgedAddress = { address, standing: 'active', problem: undefined, nextChangeAt: undefined }
  const verdict = health?.verdicts.get(address)
  if (health === undefined || verdict?.kind === 'healthy') return active
  const wasUnhealthy = isUnhealthyIn(last, address)
  if (verdict === undefined) return { ...active, standing: wasUnhealthy ? 'unhealthy' : 'active' }
  const problem = `${address} (${verdict.message})`
  const outAt = removalTime(verdict.since, health.check)
  if (wasUnhealthy || outAt <= now) return { ...active, standing: 'unhealthy', problem }
  return { ...active, problem, nextChangeAt: outAt }
}

function isUnhealthyIn(content: TargetContent | undefined, address: IpAddress): boolean {
  if (content?.kind !== 'members') return false
  return content.members.some(({ addresses, standing }) => standing === 'unhealthy' && addresses.includes(address))
}
