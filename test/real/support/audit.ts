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
}

interface AuditLine {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly objectRef?: { readonly resource: string; readonly subresource?: string; readonly apiGroup?: string }
  readonly responseStatus?: { readonly code: number }
}

export async function prepareAudit(folder: string): Promise<Audit> {
  const policy = join(folder, 'audit-policy.json')
  const log = join(folder, 'audit.log')
  const rules = [{ level: 'Metadata', omitStages: ['RequestReceived'] }]
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    requestsOf: async (user) => {
      const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '')
      const asked = lines
        .map((line) => JSON.parse(line) as AuditLine)
        .filter(({ user: { username }, objectRef }) => username === user && objectRef !== undefined)
      const refused = asked.filter(({ responseStatus }) => responseStatus?.code === 403)
      return { made: new Set(asked.map(describe)), refused: new Set(refused.map(describe)) }
    },
  }
}

function describe({ verb, objectRef }: AuditLine): string {
  const { resource = '', subresource, apiGroup } = objectRef ?? {}
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${apiGroup === undefined ? '' : `.${apiGroup}`}`
}
