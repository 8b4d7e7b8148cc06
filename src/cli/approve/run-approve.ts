// Shows what waits, and approves it when told to.
import { APPROVE_ANNOTATION } from '../../api/kinds.ts'
import { printable } from '../../model/text.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { addApproval, HASH } from '../remote/given-hashes.ts'
import { findObject, parseOwnRef } from '../remote/object-ref.ts'
import type { RemoteFlags } from '../remote/open-remote.ts'
import { printCommandsFor, type PrintCommand } from '../remote/printed-commands.ts'
import type { Remote } from '../remote/remote.ts'
import { listTyped, refOf, typed } from '../remote/typed-object.ts'
import { withRemote } from '../remote/with-remote.ts'
import { UsageError } from '../usage-error.ts'
import { waitingForProvider, waitingForRecord, type Waiting } from './waiting.ts'

export interface ApproveFlags extends RemoteFlags {
  readonly namespace?: string
  readonly yes?: true
}

export interface ApproveArguments {
  readonly name: string
  readonly hash: string | undefined
}

/** Something that can be approved at one place. */
interface Desk {
  /** As `stoa approve` takes it. */
  readonly name: string
  readonly waiting: readonly Waiting[]
  readonly approve: (hash: string) => Promise<void>
  /** Where to look how it goes. */
  readonly look: { readonly words: string; readonly shows: string }
}

export async function runApprove(wanted: ApproveArguments, flags: ApproveFlags, io: CommandIo): Promise<void> {
  const { name, hash } = wanted
  if (hash !== undefined && !HASH.test(hash))
    throw new UsageError(`${hash} is no hash: it has 16 digits of 0-9 and a-f`)
  const print = printCommandsFor(flags)
  await withRemote(flags, io, async (remote) => {
    const desk = await openDesk(remote, name, flags.namespace)
    const chosen = desk.waiting.filter((waiting) => hash === undefined || waiting.hash === hash)
    for (const waiting of chosen.length === 0 ? desk.waiting : chosen) io.stdout(describe(waiting))
    const decided = decide(desk, { hash, chosen, yes: flags.yes === true, print })
    if (decided.kind === 'refused') {
      io.stderr(`${decided.message}\n`)
      io.setExitCode(EXIT.failure)
      return
    }
    await desk.approve(decided.hash)
    io.stdout(`approved ${decided.hash}; ${print(desk.look.words)} shows ${desk.look.shows}\n`)
  })
}

type Decided =
  { readonly kind: 'approve'; readonly hash: string } | { readonly kind: 'refused'; readonly message: string }

interface Wish {
  readonly hash: string | undefined
  readonly chosen: readonly Waiting[]
  readonly yes: boolean
  readonly print: PrintCommand
}

function decide({ name, waiting }: Desk, { hash, chosen, yes, print }: Wish): Decided {
  const refused = (message: string): Decided => ({ kind: 'refused', message })
  const [first, second] = chosen
  if (hash !== undefined) {
    if (first !== undefined || (yes && name !== 'removals')) return { kind: 'approve', hash }
    const what = waiting.length === 0 ? 'nothing waits' : `what waits is ${waiting.map((one) => one.hash).join(', ')}`
    const remedy = name === 'removals' ? '' : '. To approve it before it is seen, say --yes'
    return refused(`${hash} does not wait at ${name}: ${what}${remedy}`)
  }
  if (first === undefined) return refused(`nothing waits for approval at ${name}`)
  if (second !== undefined)
    return refused(`several things wait: give the hash of one, such as ${print(`approve ${name} ${first.hash}`)}`)
  return yes
    ? { kind: 'approve', hash: first.hash }
    : refused(`to approve it: ${print(`approve ${name} ${first.hash}`)}`)
}

function describe({ hash, title, lines }: Waiting): string {
  return `${[`${hash}  ${title}`, ...lines.map((line) => `  ${line}`)].map(printable).join('\n')}\n`
}

async function openDesk(remote: Remote, name: string, namespace: string | undefined): Promise<Desk> {
  if (name === 'removals') return openRemovals(remote)
  const ref = parseOwnRef(name, 'DynamicDNSRecord', namespace)
  const found = await findObject(remote, ref)
  if (ref.kind === 'DynamicDNSRecord') {
    const record = typed(ref.kind, found)
    const applied = record.status.plan?.appliedHash
    const shown = refOf(record)
    return annotatedDesk(remote, { object: record, shown, applied, waiting: waitingForRecord(record) })
  }
  if (ref.kind === 'DNSProvider') {
    const provider = typed(ref.kind, found)
    const applied = (provider.status.zones ?? []).flatMap(({ appliedHash = [] }) => appliedHash).join(',')
    // Who may not list everywhere still sees what the guard holds.
    const records = await listTyped(remote, 'DynamicDNSRecord').catch(() => [])
    const shown = `provider/${refOf(provider)}`
    return annotatedDesk(remote, { object: provider, shown, applied, waiting: waitingForProvider(provider, records) })
  }
  throw new UsageError(`nothing waits at a ${ref.kind}: approvals are for records, providers and removals`)
}

interface Annotated {
  readonly object: Parameters<typeof refOf>[0] & {
    readonly kind: 'DynamicDNSRecord' | 'DNSProvider'
    readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  }
  readonly shown: string
  readonly applied: string | undefined
  readonly waiting: readonly Waiting[]
}

function annotatedDesk(remote: Remote, { object, shown, applied, waiting }: Annotated): Desk {
  const { kind, metadata } = object
  const written = metadata.annotations?.[APPROVE_ANNOTATION]
  return {
    name: shown,
    waiting,
    approve: (hash) =>
      remote.annotate(kind, metadata, { [APPROVE_ANNOTATION]: addApproval({ written, applied }, hash) }),
    look: { words: `status ${shown}`, shows: 'how it goes' },
  }
}

async function openRemovals({ source, description }: Remote): Promise<Desk> {
  if (source === undefined) {
    const remedy =
      'in a cluster, deleting an object is its own approval, and what the guard holds is approved at provider/NAME'
    throw new CommandError(`removals are held by a Stoa without a cluster, and this is ${description}: ${remedy}`)
  }
  const { heldRemovals, problem } = await source.report()
  if (heldRemovals === undefined && problem !== undefined) throw new CommandError(problem)
  const title = 'removals that Stoa holds'
  return {
    name: 'removals',
    waiting: heldRemovals === undefined ? [] : [{ hash: heldRemovals.hash, title, lines: [heldRemovals.message] }],
    approve: (hash) => source.approveRemovals(hash),
    look: { words: 'get', shows: 'what is left' },
  }
}
