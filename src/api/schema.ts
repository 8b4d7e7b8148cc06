// The shape of our structural schemas: the part of OpenAPI v3 and the Kubernetes extensions that the CRDs in `crds/` use.
import type { KindName } from './kinds.ts'

export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly format?: 'int32' | 'int64' | 'date-time'
  readonly description?: string
  readonly default?: unknown
  /**
   * The default of a field inside a block that is replaced as a whole. The CRD only tells of it: GitOps tools compare such blocks as they
   * are written, and would see a difference for ever if the apiserver filled it in.
   */
  readonly blockDefault?: unknown
  readonly enum?: readonly (string | boolean)[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

export interface CelRule {
  readonly rule: string
  readonly message: string
  /** The child the rule is about, such as `.targets`; absent means the field that bears the rule. */
  readonly fieldPath?: string
}

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly description: string
  readonly jsonPath: string
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number
}

export interface KindDefinition {
  readonly kind: KindName
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly printerColumns: readonly PrinterColumn[]
  readonly schema: Schema
}
