// What one record refers to: whether it is there, whether its zones have the names, and whether it lets this record in.
import { compareText } from '../../model/record-set.ts'
import type { DynamicDNSRecord, KindName, NodePool, WANAddress } from '../kinds.ts'
import { allowsNamespace } from '../tenancy.ts'
import { chooseProvider, judgeTenancy } from './choose-provider.ts'
import { describe, describeName, nameOf, type Relations, type Remark } from './relations.ts'

export function checkTargets(record: DynamicDNSRecord, { pools, wans, tenantOf }: Relations): readonly Remark[] {
  const own = record.metadata.namespace
  const tenant = tenantOf(own)
  const check = (
    index: number,
    field: 'nodePool' | 'wan',
    objects: ReadonlyMap<string, NodePool | WANAddress>,
  ): Remark[] => {
    const reference = record.spec.targets[index]?.[field]
    if (reference === undefined) return []
    const path = ['spec', 'targets', index, field, 'name']
    const kind: KindName = field === 'nodePool' ? 'NodePool' : 'WANAddress'
    const name = `${reference.namespace ?? own}/${reference.name}`
    const object = objects.get(name)
    if (object === undefined) return [notGiven(path, kind, name)]
    if (allowsNamespace(object.spec.allowedNamespaces, object.metadata.namespace, tenant) !== false) return []
    const message = `${describe(object)} does not let the namespace ${own} refer to it; allow it in spec.allowedNamespaces there`
    return [{ severity: 'error', path, rule: 'not-allowed', message }]
  }
  return record.spec.targets.flatMap((_, index) => [...check(index, 'nodePool', pools), ...check(index, 'wan', wans)])
}

export function checkHostnames(record: DynamicDNSRecord, relations: Relations): readonly Remark[] {
  const remarks = record.spec.hostnames.flatMap((hostname, index) => checkHostname(record, hostname, index, relations))
  // A provider that is not there is said once, not once per name.
  return remarks.filter(
    ({ path }, index) => remarks.findIndex((other) => String(other.path) === String(path)) === index,
  )
}

function checkHostname(record: DynamicDNSRecord, hostname: string, index: number, relations: Relations): Remark[] {
  const path = ['spec', 'hostnames', index]
  const choice = chooseProvider(record, hostname, relations)
  switch (choice.kind) {
    case 'absent':
      return [notGiven(['spec', 'providerRef', 'name'], 'DNSProvider', choice.name)]
    case 'ambiguous': {
      const names = choice.providers.map(nameOf).toSorted(compareText)
      const message = `${hostname} could go to DNSProvider ${names.join(' or ')}, which claim the same zone; name one of them in spec.providerRef`
      return [{ severity: 'error', path, rule: 'ambiguous-provider', message }]
    }
    case 'outside': {
      const message = `${hostname} is outside the zones of ${describe(choice.provider)}; correct the name or add its zone there`
      return [{ severity: 'error', path, rule: 'outside-zones', message }]
    }
    case 'none':
      return choice.open ? [] : [withoutZone(hostname, path, relations)]
    case 'chosen': {
      const { provider } = choice
      if (judgeTenancy(provider, record, hostname, relations) !== false) return []
      const message = `${describe(provider)} does not let the namespace ${record.metadata.namespace} have ${hostname}; allow both in spec.allowedRecords there`
      return [{ severity: 'error', path, rule: 'not-allowed', message }]
    }
  }
}

function withoutZone(hostname: string, path: Remark['path'], { providers }: Relations): Remark {
  if (providers.size === 0) {
    const message = `no DNSProvider is given for ${hostname}; check it together with the manifests of its provider`
    return { severity: 'warning', path, rule: 'not-given', message }
  }
  const message = `${hostname} is outside the zones of every given DNSProvider; correct the name or add its zone to one`
  return { severity: 'error', path, rule: 'outside-zones', message }
}

function notGiven(path: Remark['path'], kind: KindName, name: string): Remark {
  const message = `${describeName(kind, name)} is not among the given objects; correct the reference or check both together`
  return { severity: 'warning', path, rule: 'not-given', message }
}
