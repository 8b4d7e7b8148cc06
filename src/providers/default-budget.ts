// How often each type of provider may be asked when nobody says otherwise: below its limits, since others share them.

export interface CallAllowance {
  readonly capacity: number
  readonly refillPerSecond: number
}

interface Rate {
  readonly perMinute: number
  /** Calls that may come at once. */
  readonly burst: number
}

const RATES: Readonly<Record<string, Rate>> = {
  // 1,200 in five minutes, and then the whole token is blocked for five more.
  Cloudflare: { perMinute: 200, burst: 100 },
  // 1,000 in a minute for everything behind one address.
  Gandi: { perMinute: 500, burst: 100 },
  // A bucket of 50 that refills by 10 a second, shared by every tool of the account.
  Route53: { perMinute: 300, burst: 25 },
  Google: { perMinute: 300, burst: 50 },
  // Writes and deletes: a bucket of 200 that refills by 10 a second; reads of DNS: 500 in five minutes.
  Azure: { perMinute: 300, burst: 100 },
}
/** Servers of one's own set no limit; this one only keeps a mistake from becoming a flood. */
const OWN_SERVER: Rate = { perMinute: 3_000, burst: 500 }

export function allowanceOf(type: string, requestsPerMinute: number | undefined): CallAllowance {
  const { perMinute, burst } = Object.hasOwn(RATES, type) ? (RATES[type] ?? OWN_SERVER) : OWN_SERVER
  const rate = requestsPerMinute ?? perMinute
  return { capacity: Math.max(1, Math.min(burst, rate)), refillPerSecond: rate / 60 }
}
