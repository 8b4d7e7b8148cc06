import { getEventListeners } from 'node:events'

/** What a signal keeps for those who follow it: listeners, and the signals that AbortSignal.any made of it, which Node never lets go of. */
export function heldBy(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals')
  const dependants = (symbol && Reflect.get(signal, symbol)) as { readonly size: number } | null | undefined
  return getEventListeners(signal, 'abort').length + (dependants?.size ?? 0)
}
