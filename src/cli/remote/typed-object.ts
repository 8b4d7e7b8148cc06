// Objects as one of our kinds. They come from an apiserver that has checked them by the CRD, or from a store that has parsed them; a
// manifest that never was valid has an empty spec.
import type { KindName, ObjectMeta } from '../../api/kinds.ts'
import type { StatusCondition } from '../../api/generated/dynamic-dns-record.ts'
import type { ObjectOf } from '../../store/store.ts'
import type { Remote, RemoteObject } from './remote.ts'

export interface TypedObject<Kind extends KindName> {
  readonly kind: Kind
  readonly metadata: ObjectMeta
  readonly spec: Partial<ObjectOf<Kind>['spec']>
  readonly status: NonNullable<ObjectOf<Kind>['status']>
  readonly file: string | undefined
  readonly problem: string | undefined
}

export function typed<Kind extends KindName>(kind: Kind, { object, file, problem }: RemoteObject): TypedObject<Kind> {
  const { metadata, spec = {}, status = {} } = object
  // See above: the parts have the form that their kind gives them.
  return { kind, metadata, spec, status, file, problem } as unknown as TypedObject<Kind>
}

export async function listTyped<Kind extends KindName>(
  remote: Remote,
  kind: Kind,
  namespace?: string,
): Promise<readonly TypedObject<Kind>[]> {
  return (await remote.list(kind, namespace)).map((object) => typed(kind, object))
}

export function conditionOf(
  { status }: { readonly status: { readonly conditions?: readonly StatusCondition[] } },
  type: string,
): StatusCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type)
}

/** `web/www` */
export function refOf({ metadata }: { readonly metadata: Pick<ObjectMeta, 'namespace' | 'name'> }): string {
  return `${metadata.namespace}/${metadata.name}`
}
