// What a derivation says that no plan of a zone has a place for.
import type { Derivation } from '../../desired/derivation.ts'

export function describeDerivation({ waiting, moves }: Derivation): readonly string[] {
  return [
    ...waiting.map(({ name, message }) => `${name}: ${message}`),
    ...moves.map(({ from, to, hash }) => {
      return (
        `names move from ${from.zone} of DNSProvider ${from.provider} to ${to.zone} of DNSProvider ${to.provider}: ` +
        `Stoa asks before it does that (dns.stoa.dev/approve: ${hash} on the new DNSProvider)`
      )
    }),
  ]
}
