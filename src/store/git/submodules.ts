// Which folders of a repository are submodules: they are not fetched, so what they hold is not known.
import { printable } from '../../model/text.ts'
import type { Finding } from './tree.ts'

/** More would bury the others. */
const MAX_FINDINGS = 20

/** From what `git ls-tree -z` or `git ls-files --stage -z` says. */
export function listSubmodules(listing: string): readonly string[] {
  const links = listing.split('\0').filter((entry) => entry.startsWith('160000 '))
  return links.map((entry) => entry.slice(entry.indexOf('\t') + 1))
}

/** Those that a folder of the repository is, or has in itself, from that folder on. In hidden folders nothing is looked for. */
export function submodulesOf(folder: string, submodules: readonly string[]): readonly string[] {
  if (submodules.includes(folder)) return ['']
  const inside = folder === '' ? submodules : submodules.filter((path) => path.startsWith(`${folder}/`))
  const paths = inside.map((path) => (folder === '' ? path : path.slice(folder.length + 1)))
  return paths.filter((path) => !path.split('/').some((part) => part.startsWith('.')))
}

export function describeSubmodules(prefix: string, submodules: readonly string[]): readonly Finding[] {
  return submodules.slice(0, MAX_FINDINGS).map((path) => ({
    severity: 'error',
    file: printable([prefix, path].filter((part) => part !== '').join('/')),
    message:
      'a submodule is not read, and what is missing may be in it: put its manifests here, or name a folder without it with --path',
  }))
}
