// A plain folder of manifests. It may be written to while we look, so it is read only when it has come to rest.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from '../../model/errors.ts'
import { checkSubPath } from './locate-source.ts'
import { listManifests } from './list-manifests.ts'
import type { TreeSource, TreeVersion } from './tree-source.ts'
import { watchFingerprint } from './watch-fingerprint.ts'

const POLL_MS = 1_000
/** Two looks so far apart that see the same. */
const REST_MS = 150
const MAX_LOOKS = 20

export function createFolderSource(path: string, subPath = ''): TreeSource {
  const prefix = checkSubPath(subPath)
  const root = join(path, prefix)
  const fingerprint = async (): Promise<string> => (await listManifests(root, prefix)).fingerprint
  return {
    description: `folder ${root}`,
    pollMs: 30_000,
    async fetch(signal): Promise<TreeVersion> {
      let last = await fingerprint()
      for (let look = 0; look < MAX_LOOKS; look += 1) {
        await sleep(REST_MS, undefined, { signal })
        const next = await fingerprint()
        if (next === last) return { root, prefix, fingerprint: next }
        last = next
      }
      throw new TransientError('SourceBusy', `${root} is being written to; it is read when that has ended`)
    },
    watch: (onChange) => watchFingerprint({ folders: [root], pollMs: POLL_MS, fingerprint }, onChange),
    close: () => Promise.resolve(),
  }
}
