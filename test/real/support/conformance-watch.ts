// Looks at every version of every object of ours that the apiserver shows, as kstatus and Argo CD would read it at that moment.
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { KIND_DEFINITIONS } from '../../../src/api/generated/schemas.ts'
import { listNonconformities } from '../../kstatus.ts'
import type { Apiserver } from './apiserver.ts'

export interface ConformanceWatch {
  /** How many versions were looked at. */
  readonly seen: () => number
  /** What was wrong since it was last asked, a sentence each. */
  readonly problems: () => readonly string[]
  readonly stop: () => Promise<void>
}

type Watched = Parameters<typeof listNonconformities>[0] & {
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly name: string }
}

export function watchConformance(apiserver: Apiserver): ConformanceWatch {
  const agent = new Agent({ connect: { ca: apiserver.ca } })
  const stopping = new AbortController()
  const problems: string[] = []
  let seen = 0
  const look = (line: string): void => {
    const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Watched }
    if (type === 'BOOKMARK' || type === 'ERROR') return
    seen += 1
    const { kind, metadata, status } = object
    // Nobody has looked at it yet, and it says so: its observedGeneration is -1.
    if (status?.conditions === undefined) return
    for (const problem of listNonconformities(object))
      problems.push(`${kind} ${metadata.namespace}/${metadata.name}: ${problem}`)
  }
  const follow = async (plural: string): Promise<void> => {
    const url = `${apiserver.url}/apis/dns.stoa.dev/v1alpha1/${plural}?watch=1`
    const headers = { authorization: `Bearer ${apiserver.adminToken}` }
    const { body } = await request(url, { dispatcher: agent, headers, bodyTimeout: 0, signal: stopping.signal })
    let rest = ''
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) look(line)
    }
  }
  const keepFollowing = async (plural: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      // The apiserver is restarted in between: then everything is seen anew.
      await follow(plural).catch(() => undefined)
      await delay(100)
    }
  }
  const following = Object.values(KIND_DEFINITIONS).map(({ plural }) => keepFollowing(plural))
  return {
    seen: () => seen,
    problems: () => problems.splice(0),
    stop: async () => {
      stopping.abort()
      await Promise.all(following)
      await agent.close()
    },
  }
}
