// Serial numbers of zones, which wrap around (RFC 1982).

const SIZE = 2 ** 32
const HALF = 2 ** 31

/** Whether `next` comes after `previous`; serials half the circle apart have no order, and then neither does. */
export function isNewerSerial(next: number, previous: number): boolean {
  const ahead = (next - previous + SIZE) % SIZE
  return ahead > 0 && ahead < HALF
}
