// What a Stoa without a cluster had saved when it stopped, to look at.
import { API_VERSION } from '../../api/kinds.ts'
import { readSavedState } from '../../store/git/data-directory.ts'
import { isObjectEntry, listEntries, type Entry } from '../../store/git/state.ts'
import { formatPlace } from '../../store/git/tree.ts'
import { CommandError } from '../command-error.ts'
import { toRawNode } from '../run/raw-objects.ts'
import type { Remote, RemoteObject } from './remote.ts'

const START = 'start it (stoa run --git …)'

/** Undefined when there is nothing to look at. */
export async function openSavedRemote(folder: string): Promise<Remote | undefined> {
  const state = await readSavedState(folder)
  if (state === undefined) return undefined
  const objects = [...listEntries(state)].flatMap(toRemoteObject)
  const refuse = (): Promise<never> => {
    return Promise.reject(new CommandError(`no Stoa runs with the data directory ${folder}: ${START}, then try again`))
  }
  const { source = 'a source not read yet', commit, time } = state.settings.applied ?? {}
  return {
    ...{ annotateNode: undefined, defaultNamespace: undefined, annotate: refuse },
    description: `${source}, as it was when Stoa last ran with ${folder}`,
    list: (kind, namespace) =>
      Promise.resolve(
        objects.filter(({ object }) => object.kind === kind && isWithin(object.metadata.namespace, namespace)),
      ),
    get: (kind, key) =>
      Promise.resolve(
        objects.find(
          ({ object: { kind: found, metadata } }) =>
            found === kind && metadata.name === key.name && (kind === 'Node' || metadata.namespace === key.namespace),
        ),
      ),
    source: {
      report: () =>
        Promise.resolve({
          ...{ version: '', source, commit, appliedAt: time, findings: [], metricsPort: 0, dryRun: false },
          problem: `no Stoa runs with ${folder}: this is what it had saved last; to go on, ${START}`,
        }),
      approveRemovals: refuse,
      requestSync: refuse,
    },
    close: () => Promise.resolve(),
  }
}

function isWithin(namespace: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || namespace === wanted
}

function toRemoteObject(entry: Entry): readonly RemoteObject[] {
  if (entry.kind === 'Namespace') return []
  const file = formatPlace(entry.place)
  if (!isObjectEntry(entry)) return [{ object: toRawNode(entry.node), file }]
  const { kind, metadata, spec = {}, status = {}, problem } = entry
  return [{ object: { apiVersion: API_VERSION, kind, metadata: { ...metadata }, spec, status }, file, problem }]
}
