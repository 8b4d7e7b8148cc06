// What somebody asked of the apiserver, from its audit log: to compare with what RBAC grants.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Audit {
  /** For kube-apiserver. */
  readonly flags: readonly string[]
  /** The requests of one user, once each, as RBAC words them: `patch dnsproviders/status.dns.stoa.dev`. */
  readonly requestsOf: (
    user: string,
  ) => Promise<{ readonly made: ReadonlySet<string>; readonly refused: ReadonlySet<string> }>
  /** How many requests of one user arrived between two moments, in milliseconds since the epoch, by what they were. */
  readonly countOf: (user: string, from: number, to: number) => Promise<ReadonlyMap<string, number>>
}

interface AuditLine {
  readonly verb: string
  readonly stage: string
  readonly requestReceivedTimestamp: string
  readonly user: { readonly username: string }
  readonly objectRef?: { readonly resource: string; readonly subresource?: string; readonly apiGroup?: string }
  readonly responseStatus?: { readonly code: number }
}

export async function prepareAudit(folder: string): Promise<Audit> {
  const policy = join(folder, 'audit-policy.json')
  const log = join(folder, 'audit.log')
  const rules = [{ level: 'Metadata', omitStages: ['RequestReceived'] }]
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  const linesOf = async (user: string): Promise<readonly AuditLine[]> => {
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes(user))
    return lines
      .map((line) => JSON.parse(line) as AuditLine)
      .filter(({ user: { username }, objectRef }) => username === user && objectRef !== undefined)
  }
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-maxsize=1000'],
    countOf: async (user, from, to) => {
      const counts = new Map<string, number>()
      for (const line of await linesOf(user)) {
        const at = Date.parse(line.requestReceivedTimestamp)
        // A watch is a line when it begins and another when it ends.
        if (at < from || at > to || line.stage !== (line.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete'))
          continue
        counts.set(describe(line), (counts.get(describe(line)) ?? 0) + 1)
      }
      return counts
    },
    requestsOf: async (user) => {
      const asked = await linesOf(user)
      const refused = asked.filter(({ responseStatus }) => responseStatus?.code === 403)
      return { made: new Set(asked.map(describe)), refused: new Set(refused.map(describe)) }
    },
  }
}

function describe({ verb, objectRef }: AuditLine): string {
  const { resource = '', subresource, apiGroup } = objectRef ?? {}
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${apiGroup === undefined ? '' : `.${apiGroup}`}`
}
