import { parseFqdn } from '../model/name.ts'
import { quote } from './parse-addresses.ts'
import { contributeKnown, contributeUnknown, type Contributed, type TargetContext } from './target-context.ts'

/** A name to follow, as somebody wrote it: case and a trailing dot do not matter. */
export function contributeHostname(context: TargetContext, text: string): Contributed {
  const hostname = parseFqdn(text.toLowerCase().replace(/\.$/, ''))
  if (hostname === undefined) return contributeUnknown(context, 'InvalidName', `${quote(text)} is not a hostname`)
  return contributeKnown(context, { kind: 'hostname', hostname })
}
