/** Damages a packet in one of the ways that networks and attackers do: cut, flipped bytes, a lying length, a tail, or pure noise. */
export function mutatePacket(packet: Buffer, random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit)
  const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => below(256)))
  const copy = Buffer.from(packet)
  switch (below(6)) {
    case 0:
      return copy.subarray(0, below(copy.length))
    case 1:
      for (let flips = below(4); flips >= 0; flips -= 1) copy[below(copy.length)] = below(256)
      return copy
    case 2:
      copy[20 + below(copy.length - 20)] = below(256)
      return copy
    case 3:
      copy.writeUInt16BE(below(128), 2)
      return copy
    case 4:
      return Buffer.concat([copy, noise(below(40))])
    default:
      return noise(below(120))
  }
}
