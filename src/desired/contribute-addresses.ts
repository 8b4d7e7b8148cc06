import { judgeAddresses } from './member-addresses.ts'
import { parseAddresses } from './parse-addresses.ts'
import { contributeKnown, contributeUnknown, type Contributed, type TargetContext } from './target-context.ts'

/** Literal addresses, taken as written. One that is none makes the target unknown rather than smaller. */
export function contributeAddresses(context: TargetContext, texts: readonly string[]): Contributed {
  const { addresses, unparsable } = parseAddresses(texts)
  if (unparsable.length > 0) {
    return contributeUnknown(context, 'InvalidSpec', `not an IP address: ${unparsable.join(', ')}`)
  }
  const { content, ...rest } = judgeAddresses(context, 'addresses', addresses)
  return contributeKnown(context, content, rest)
}
