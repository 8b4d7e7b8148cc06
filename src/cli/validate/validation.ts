// Gathers what is found in all given files, then looks at the objects together.
import { checkTogether } from '../../api/cross-object.ts'
import type { CrossFinding } from '../../api/cross-object/relations.ts'
import { isKindName, KIND_NAMES, type KindName, type StoaObject } from '../../api/kinds.ts'
import { describeDamage, type DescribeDamage } from '../../api/manifest/describe-damage.ts'
import { isOurs } from '../../api/manifest/is-ours.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import { NOTHING_FOUND } from '../../api/manifest/nothing-found.ts'
import { DEFAULT_LIMITS, readManifest } from '../../api/manifest/read-manifest.ts'
import { parseNamespace, type NamespaceObject } from '../../api/node.ts'
import { checkObject, createFinding, createSource, type ObjectSource } from './check-object.ts'
import { sortFindings, type Finding } from './finding.ts'
import type { Summary } from './format-findings.ts'

export interface Report {
  readonly findings: readonly Finding[]
  readonly summary: Summary
}

const DEPENDS_ON_WHAT_IS_GIVEN = new Set<CrossFinding['rule']>(['not-given', 'outside-zones', 'ambiguous-provider'])

export class Validation {
  readonly #defaultNamespace: string
  readonly #describeDamage: DescribeDamage
  readonly #findings: Finding[] = []
  readonly #sources = new Map<StoaObject, ObjectSource>()
  readonly #namespaces: NamespaceObject[] = []
  /** Kinds of which objects may be given that could not be read: nothing can be said to be missing among them. */
  readonly #unknownKinds = new Set<KindName>()
  #files = 0
  #objects = 0
  #ignored = 0

  constructor(defaultNamespace: string, describe: DescribeDamage = describeDamage) {
    this.#defaultNamespace = defaultNamespace
    this.#describeDamage = describe
  }

  addFile(file: string, bytes: Uint8Array): void {
    this.#files += 1
    const { objects, problems, otherDocuments } = readManifest(bytes, DEFAULT_LIMITS, this.#describeDamage)
    this.#ignored += otherDocuments
    for (const { position, message } of problems) this.#addUnreadable({ file, ...position, message })
    for (const object of objects) {
      if (isOurs(object)) this.#addObject(createSource(file, object, this.#defaultNamespace))
      else this.#addOther(object)
    }
  }

  addUnreadableFile(file: string, message: string): void {
    this.#files += 1
    this.#addUnreadable({ file, message })
  }

  report(): Report {
    const findings = sortFindings([...this.#findings, ...this.#lookAcross(), ...this.#missObjects()])
    const errors = findings.filter(({ severity }) => severity === 'error').length
    const counts = { files: this.#files, objects: this.#objects, ignored: this.#ignored }
    return { findings, summary: { ...counts, errors, warnings: findings.length - errors } }
  }

  #addUnreadable(place: Omit<Finding, 'severity' | 'rule'>): void {
    this.#findings.push({ severity: 'error', rule: 'unreadable', ...place })
    for (const kind of KIND_NAMES) this.#unknownKinds.add(kind)
  }

  #addObject(source: ObjectSource): void {
    this.#objects += 1
    const { findings, parsed } = checkObject(source, this.#defaultNamespace)
    this.#findings.push(...findings)
    if (parsed !== undefined) this.#sources.set(parsed, source)
    else if (isKindName(source.name.kind)) this.#unknownKinds.add(source.name.kind)
  }

  #addOther(object: ManifestObject): void {
    this.#ignored += 1
    const namespace =
      object.kind === 'Namespace' && object.apiVersion === 'v1' ? parseNamespace(object.value) : undefined
    if (namespace === undefined) return
    // Kubernetes itself gives every namespace this label.
    const labels = { ...namespace.labels, 'kubernetes.io/metadata.name': namespace.name }
    this.#namespaces.push({ ...namespace, labels })
  }

  #lookAcross(): readonly Finding[] {
    return checkTogether([...this.#sources.keys()], this.#namespaces).flatMap(({ object, first, ...remark }) => {
      const source = this.#sources.get(object)
      if (source === undefined || this.#isUnknown(remark)) return []
      const message = `${remark.message}${this.#tellPlace(first)}`
      return [createFinding(source, { ...remark, message })]
    })
  }

  #tellPlace(other: StoaObject | undefined): string {
    const source = other && this.#sources.get(other)
    if (source === undefined) return ''
    return ` (the other one is at ${source.file}:${source.object.locate(['metadata', 'name']).line})`
  }

  /** What is said to be missing, or would settle a tie, may be what could not be read. */
  #isUnknown({ rule, path }: Pick<CrossFinding, 'rule' | 'path'>): boolean {
    if (!DEPENDS_ON_WHAT_IS_GIVEN.has(rule)) return false
    const missing = path.includes('nodePool') ? 'NodePool' : path.includes('wan') ? 'WANAddress' : 'DNSProvider'
    return this.#unknownKinds.has(missing)
  }

  #missObjects(): readonly Finding[] {
    if (this.#objects > 0 || this.#findings.length > 0) return []
    return [{ severity: 'warning', rule: 'no-objects', message: NOTHING_FOUND }]
  }
}
