// Stands for the data directory: what is saved has been through JSON, and saving fails or takes its time when told to.
import type { ZonePersistence, ZoneSnapshot } from '../../src/providers/builtin/zone-store.ts'

export class MemoryPersistence implements ZonePersistence {
  saves = 0
  delayMs = 0
  failure: Error | undefined
  readonly #files = new Map<string, string>()

  load(zone: string): Promise<ZoneSnapshot | undefined> {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    const text = this.#files.get(zone)
    return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as ZoneSnapshot))
  }

  async save(zone: string, snapshot: ZoneSnapshot): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs))
    if (this.failure !== undefined) throw this.failure
    this.saves += 1
    this.#files.set(zone, JSON.stringify(snapshot))
  }
}
