// What a running Stoa stands on: a cluster or a Git repository, behind the same few words.
import type { ResourceWriter } from '../../providers/dnsendpoint/resource-writer.ts'
import type { GitStore } from '../../store/git/git-store.ts'
import type { Store } from '../../store/store.ts'

export interface Backend {
  readonly store: Store
  /** In words, for the log: `cluster https://10.0.0.1:6443`. */
  readonly description: string
  /** Where DNSEndpoint resources are written; undefined without a cluster. */
  readonly writer: ResourceWriter | undefined
  /** Undefined in a cluster. */
  readonly git: GitStore | undefined
  /** A folder that outlives the process; undefined where there is none. */
  readonly dataFolder: string | undefined
  /** Does the work while this process is the one that may, and again whenever it is, until aborted. */
  lead(work: (stopping: AbortSignal, mayCall: () => boolean) => Promise<void>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
