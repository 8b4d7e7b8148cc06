// Prints what a migration came to, or why it came to nothing. Standard output is for manifests alone.
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { printable } from '../../model/text.ts'
import { makeFolder } from '../../store/git/make-folder.ts'
import { CommandError } from '../command-error.ts'
import type { CommandIo } from '../command-io.ts'
import { describeSystemError } from '../../model/describe-system-error.ts'
import { EXIT } from '../exit-codes.ts'
import { Validation } from '../validate/validation.ts'
import { formatComment, formatManifest, formatManifests } from './format-manifests.ts'
import { formatPlace, type Manifest, type Migration, type Problem } from './migration.ts'

/** Nothing is printed as long as one part could not be translated: half a migration is easily taken for a whole one. */
export async function printMigration(migration: Migration, out: string | undefined, io: CommandIo): Promise<void> {
  const { manifests } = migration
  const problems = migration.problems.length > 0 ? migration.problems : findInvalid(manifests)
  for (const { place, message } of problems) io.stderr(`${formatPlace(place)}: error: ${printable(message)}\n`)
  if (problems.length > 0) {
    io.setExitCode(EXIT.failure)
    return
  }
  for (const note of migration.notes) io.stderr(`note: ${note.split('\n').map(printable).join('\n')}\n`)
  if (out === undefined) io.stdout(`${formatComment(migration.header)}${formatManifests(manifests)}`)
  else await writeManifests(migration, out, io)
  io.setExitCode(EXIT.fine)
}

/** What is printed passes `stoa validate`, or the place it came from is told. */
function findInvalid(manifests: readonly Manifest[]): readonly Problem[] {
  const validation = new Validation('default')
  validation.addFile('manifests', Buffer.from(formatManifests(manifests)))
  return validation.report().findings.flatMap(({ severity, object, field = '', message }) => {
    const source = manifests.find(
      ({ kind, namespace, name }) => kind === object?.kind && namespace === object.namespace && name === object.name,
    )
    if (severity !== 'error' || source === undefined) return []
    const { kind, namespace, name, place } = source
    return [{ place, message: `would make a ${kind} ${namespace}/${name} that is not valid: ${field} ${message}` }]
  })
}

/** One file per object. A file that is there already stays as it is, and the rest is not written. */
async function writeManifests({ manifests, header }: Migration, out: string, io: CommandIo): Promise<void> {
  const folder = resolve(io.cwd, out)
  await makeFolder(folder).catch((error: unknown) => {
    throw new CommandError(`--out: ${out} cannot be made (${describeSystemError(error)})`)
  })
  const files = manifests.map((manifest): readonly [string, string] => {
    const { kind, namespace, name } = manifest
    return [`${kind.toLowerCase()}-${namespace}-${name}.yaml`, formatManifest(manifest)]
  })
  if (header.length > 0) files.unshift(['plan.txt', `${header.join('\n')}\n`])
  for (const [file, text] of files) {
    await writeFile(join(folder, file), text, { flag: 'wx' }).catch((error: unknown) => {
      throw new CommandError(`${join(out, file)} cannot be written (${describeSystemError(error)})`)
    })
    io.stderr(`wrote ${join(out, file)}\n`)
  }
}
