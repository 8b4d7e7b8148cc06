import { refOf, type TypedObject } from '../remote/typed-object.ts'

export interface ZoneOrphans {
  /** `dns/main` */
  readonly provider: string
  readonly zone: string
  readonly count: number
  readonly hash: string
  /** Not all of them where there are many. */
  readonly names: readonly string[]
  /** Why those that were to be removed are still there. */
  readonly message: string | undefined
}

export function listOrphans(provider: TypedObject<'DNSProvider'>): readonly ZoneOrphans[] {
  return (provider.status.zones ?? []).flatMap(({ name: zone, orphans }) => {
    if (orphans?.hash === undefined) return []
    const { count, hash, names = [], message } = orphans
    return [{ provider: refOf(provider), zone, count, hash, names, message }]
  })
}
