// What no object alone can tell: duplicate claims, references, zones and tenancy, as far as the given objects say.
import { checkNameClaims, checkSameObjects } from './cross-object/check-claims.ts'
import { checkHostnames, checkTargets } from './cross-object/check-references.ts'
import { arrange, type CrossFinding } from './cross-object/relations.ts'
import type { StoaObject } from './kinds.ts'
import type { NamespaceObject } from './node.ts'

/** The labels of a namespace that is not given are unknown, and what depends on them is not judged. */
export function checkTogether(
  objects: readonly StoaObject[],
  namespaces: readonly NamespaceObject[] = [],
): readonly CrossFinding[] {
  const relations = arrange(objects, namespaces)
  const ofRecords = objects.flatMap((object) => {
    if (object.kind !== 'DynamicDNSRecord') return []
    const remarks = [...checkTargets(object, relations), ...checkHostnames(object, relations)]
    return remarks.map((remark) => ({ object, ...remark }))
  })
  return [...checkSameObjects(relations), ...checkNameClaims(relations), ...ofRecords]
}
