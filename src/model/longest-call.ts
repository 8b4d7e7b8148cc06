/**
 * No call to a provider takes longer: it is given up then. Leader election rests on it, because a call that was begun while leading may
 * still be under way when leading has ended. Longer than the 15 s that an external-dns webhook gives itself.
 */
export const LONGEST_CALL_MS = 16_000
