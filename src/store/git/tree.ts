// What a folder of manifests says, file by file: values only, so that deciding what follows from them needs no disk.
import type { KindName, ObjectMeta } from '../../api/kinds.ts'
import type { NodeObject } from '../../api/node.ts'
import type { Place } from './state.ts'

/** Something in the tree that a person should look at. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  /** From the root of the tree. Absent when it is about the tree as a whole. */
  readonly file?: string
  readonly line?: number
  readonly message: string
}

export interface TreeObject {
  readonly kind: KindName
  /** As written; uid, generation and times are not the manifest's to say. */
  readonly metadata: ObjectMeta
  readonly place: Place
  readonly specHash: string
  readonly content:
    { readonly kind: 'valid'; readonly spec: unknown } | { readonly kind: 'invalid'; readonly problem: string }
}

export interface TreeNode {
  readonly kind: 'Node'
  readonly node: NodeObject
  readonly place: Place
}

export interface TreeNamespace {
  readonly kind: 'Namespace'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly place: Place
}

export type TreeItem = TreeObject | TreeNode | TreeNamespace

/** What one file says. */
export interface TreeFile {
  readonly items: readonly TreeItem[]
  readonly findings: readonly Finding[]
  /** Something in it could not be read, so that nobody knows which objects it was meant to hold. */
  readonly hidesObjects: boolean
}

export interface Tree {
  /** In the order of their places. The same object may be there twice. */
  readonly items: readonly TreeItem[]
  readonly findings: readonly Finding[]
  /** Why objects that are not here may yet be meant to be: the first place that could not be read. */
  readonly incomplete: string | undefined
}

export function formatPlace({ file, line }: Place): string {
  return `${file}:${line}`
}

/** `apps/a.yaml:3: what is wrong` */
export function describeFinding({ file, line, message }: Finding): string {
  return [file, line, ` ${message}`]
    .filter((part) => part !== undefined)
    .join(':')
    .trim()
}

/** Files come sorted by path. */
export function joinFiles(
  files: Iterable<TreeFile>,
  findings: readonly Finding[],
  incomplete: string | undefined,
): Tree {
  const items: TreeItem[] = []
  const all: Finding[] = [...findings]
  let hidden = incomplete
  for (const file of files) {
    items.push(...file.items)
    all.push(...file.findings)
    const [first] = file.findings
    if (file.hidesObjects) hidden ??= first === undefined ? 'a file' : `${first.file}:${first.line ?? 1}`
  }
  return { items, findings: all, incomplete: hidden }
}
