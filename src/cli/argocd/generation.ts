// The objects of a tree as Argo CD is to have them, with what is wrong with the tree as a whole.
import { isObject } from '../../api/is-object.ts'
import { API_GROUP } from '../../api/kinds.ts'
import { describeAnyDamage } from '../../api/manifest/describe-damage.ts'
import { isOurs } from '../../api/manifest/is-ours.ts'
import type { ManifestObject } from '../../api/manifest/manifest-object.ts'
import { readManifest } from '../../api/manifest/read-manifest.ts'
import { canonicalText } from '../../model/canonical-text.ts'
import { shortHash } from '../../model/hash.ts'
import { findLostDigits } from './lost-digits.ts'
import { sortFindings, type Finding } from '../validate/finding.ts'
import { Validation, type Report } from '../validate/validation.ts'

const FILE_ANNOTATION = `${API_GROUP}/source-file`
const HASH_ANNOTATION = `${API_GROUP}/source-hash`

export interface GenerationReport extends Report {
  /** Every object as a JSON document, which is YAML that nobody can read in another way. */
  readonly manifests: string
}

type Place = Pick<Finding, 'line' | 'column'> & { readonly file: string }

export class Generation {
  readonly #validation: Validation
  readonly #objects: Readonly<Record<string, unknown>>[] = []
  readonly #findings: Finding[] = []
  readonly #kustomizations = new Set<string>()

  constructor(defaultNamespace: string) {
    this.#validation = new Validation(defaultNamespace, describeAnyDamage)
  }

  addFile(file: string, bytes: Uint8Array): void {
    this.#validation.addFile(file, bytes)
    for (const object of readManifest(bytes).objects) this.#addObject(file, object)
  }

  addUnreadableFile(file: string, message: string): void {
    this.#validation.addUnreadableFile(file, message)
  }

  addKustomization(file: string): void {
    this.#refuseKustomization({ file })
  }

  addSkippedLink(file: string): void {
    const message =
      'a link out of the given folder, or to nothing, is not followed, and Argo CD would delete what it stands for: put that in its place'
    this.#findings.push({ severity: 'error', rule: 'skipped-link', file, message })
  }

  report(): GenerationReport {
    const { findings, summary } = this.#validation.report()
    const own = summary.errors === 0 ? [...this.#findings, ...this.#missObjects()] : this.#findings
    return {
      findings: sortFindings([...findings, ...own]),
      summary: { ...summary, errors: summary.errors + own.length },
      manifests: this.#objects.map((object) => `---\n${JSON.stringify(object)}\n`).join(''),
    }
  }

  #addObject(file: string, object: ManifestObject): void {
    if (object.apiVersion.startsWith('kustomize.config.k8s.io/')) {
      this.#refuseKustomization({ file, ...object.locate([]) })
      return
    }
    this.#refuseLostDigits(file, object)
    this.#objects.push(isOurs(object) ? annotate(file, object.value) : object.value)
  }

  #refuseLostDigits(file: string, object: ManifestObject): void {
    const lost = findLostDigits(object)
    if (lost === undefined) return
    const { line, column } = object.locate(lost.path)
    const message = `the number would be printed as ${lost.printed}, and Argo CD would apply that: keep this object in another folder`
    this.#findings.push({ severity: 'error', rule: 'lost-digits', file, line, column, message })
  }

  #refuseKustomization(place: Place): void {
    if (this.#kustomizations.has(place.file)) return
    this.#kustomizations.add(place.file)
    const message = 'this folder is a source of Kustomize: render it first (kustomize build . | stoa argocd generate -)'
    this.#findings.push({ severity: 'error', rule: 'kustomize-source', message, ...place })
  }

  #missObjects(): readonly Finding[] {
    if (this.#objects.length > 0 || this.#findings.length > 0) return []
    const message =
      'there is no object to print, and Argo CD would delete what it has: check the path of the application'
    return [{ severity: 'error', rule: 'nothing-to-print', message }]
  }
}

/** Functions of the files alone: whatever else they depended on would show as a difference for ever. */
function annotate(file: string, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {}
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {}
  const added = { [FILE_ANNOTATION]: file, [HASH_ANNOTATION]: shortHash(canonicalText(value)) }
  return { ...value, metadata: { ...metadata, annotations: { ...annotations, ...added } } }
}
