// Lists objects with the columns that their CRDs give them.
import { stringify } from 'yaml'
import { countOf } from '../../model/text.ts'
import type { RawObject, ViewKind } from '../../serve/kubectl-view/raw-object.ts'
import { VIEW_DEFINITIONS, type ViewDefinition } from '../../serve/kubectl-view/view-kinds.ts'
import type { CommandIo } from '../command-io.ts'
import { formatTable } from '../remote/format-table.ts'
import { chooseNamespace, findKind, findWithin, parseAnyRef } from '../remote/object-ref.ts'
import type { ObjectRef, Scope } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { withRemote } from '../remote/with-remote.ts'
import { systemClock } from '../system-clock.ts'
import { UsageError } from '../usage-error.ts'

export interface GetFlags extends RemoteFlags, Scope {
  readonly output?: 'wide' | 'yaml' | 'json'
}

export interface GetArguments {
  readonly kind: string | undefined
  readonly name: string | undefined
}

interface Section {
  readonly definition: ViewDefinition
  readonly objects: readonly RawObject[]
}

export async function runGet(wanted: GetArguments, flags: GetFlags, io: CommandIo): Promise<void> {
  const { definitions, ref } = parseWanted(wanted, flags.namespace)
  await withRemote(flags, io, async (remote) => {
    const scope = chooseNamespace(remote, flags)
    const namespace = ref?.namespace ?? scope
    const sections = await readSections(remote, definitions, { name: ref?.name, namespace })
    if (flags.output === 'yaml' || flags.output === 'json') {
      const value = toValue(sections, ref?.name)
      io.stdout(flags.output === 'yaml' ? stringify(value) : `${JSON.stringify(value, undefined, 2)}\n`)
      return
    }
    const shown = sections.filter(({ objects }) => objects.length > 0)
    const layout = {
      wide: flags.output === 'wide',
      showNamespace: namespace === undefined,
      showKind: definitions.length > 1,
      now: systemClock.now(),
    }
    if (shown.length === 0)
      io.stderr(`No resources found${namespace === undefined ? '' : ` in ${namespace} namespace`}.\n`)
    io.stdout(shown.map((section) => formatSection(section, layout)).join('\n'))
    await tellOfSource(remote, printCommandsFor(flags), io)
  })
}

interface Wanted {
  readonly definitions: readonly ViewDefinition[]
  /** Undefined: all there are. */
  readonly ref: ObjectRef<ViewKind> | undefined
}

/** `record/www` and `record www` are the same, as kubectl has it. */
function parseWanted({ kind: word, name }: GetArguments, namespace: string | undefined): Wanted {
  const text = [word, name].filter((part) => part !== undefined).join('/')
  if (!text.includes('/')) return { definitions: chooseKinds(word), ref: undefined }
  if (name !== undefined && word?.includes('/')) throw new UsageError(`${word} names one object: leave out ${name}`)
  const definition = chooseKind(text.slice(0, text.indexOf('/')))
  return { definitions: [definition], ref: parseAnyRef(text, definition.kind, namespace) }
}

function chooseKinds(word: string | undefined): readonly ViewDefinition[] {
  if (word === undefined || word === 'all' || word === 'stoa')
    return VIEW_DEFINITIONS.filter(({ kind }) => kind !== 'Node')
  return [chooseKind(word)]
}

function chooseKind(word: string): ViewDefinition {
  const definition = findKind(word)
  if (definition !== undefined) return definition
  const names = VIEW_DEFINITIONS.map(({ plural, shortNames }) => `${plural} (${shortNames.join(', ')})`)
  throw new UsageError(`${word} is no kind that Stoa knows: there are ${names.join(', ')}`)
}

interface Selection {
  readonly name: string | undefined
  readonly namespace: string | undefined
}

async function readSections(
  remote: Remote,
  definitions: readonly ViewDefinition[],
  { name, namespace }: Selection,
): Promise<readonly Section[]> {
  return Promise.all(
    definitions.map(async (definition) => {
      const { kind, namespaced } = definition
      if (name === undefined) {
        const found = await remote.list(kind, namespaced ? namespace : undefined)
        return { definition, objects: found.map(({ object }) => object).sort(byName) }
      }
      const { object } = await findWithin(remote, { kind, namespace, name })
      return { definition, objects: [object] }
    }),
  )
}

function byName(a: RawObject, b: RawObject): number {
  const key = ({ metadata: { namespace = '', name } }: RawObject): string => `${namespace}/${name}`
  return key(a) < key(b) ? -1 : 1
}

function toValue(sections: readonly Section[], name: string | undefined): unknown {
  const items = sections.flatMap(({ objects }) => objects)
  return name === undefined ? { apiVersion: 'v1', kind: 'List', metadata: {}, items } : items[0]
}

interface Layout {
  readonly wide: boolean
  readonly showNamespace: boolean
  readonly showKind: boolean
  readonly now: number
}

function formatSection({ definition, objects }: Section, { wide, showNamespace, showKind, now }: Layout): string {
  const columns = definition.columns.filter(({ priority }) => wide || priority === 0)
  const withNamespace = showNamespace && definition.namespaced
  const header = columns.map(({ name }) => name.toUpperCase())
  const rows = objects.map((object) => {
    const [name = '', ...cells] = columns.map(({ read }) => toText(read(object, now)))
    const row = [showKind ? `${definition.singular}/${name}` : name, ...cells]
    return withNamespace ? [object.metadata.namespace ?? '', ...row] : row
  })
  return formatTable(withNamespace ? ['NAMESPACE', ...header] : header, rows)
}

function toText(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** What a list cannot show: that it is an old one, or that the manifests say more than it holds. */
async function tellOfSource({ source }: Remote, print: PrintCommand, io: CommandIo): Promise<void> {
  const { problem, findings = [] } = (await source?.report()) ?? {}
  if (problem !== undefined) io.stderr(`note: ${problem}\n`)
  if (findings.length > 0)
    io.stderr(`note: ${countOf(findings.length, 'finding')} in the manifests; ${print('doctor')} shows them\n`)
}
