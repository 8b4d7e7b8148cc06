// What the derivation of a record may ask: the store's cache and the boards of what it refers to, never the network.
import type { Clock } from '../../model/clock.ts'
import type { StoreReader } from '../../store/store.ts'
import type { HealthBoard } from '../health/health-board.ts'
import type { PoolBoard } from '../pool/pool-board.ts'
import type { WanBoard } from '../wan/wan-board.ts'

export interface Boards {
  readonly store: StoreReader
  readonly clock: Clock
  readonly pools: PoolBoard
  readonly wans: WanBoard
  readonly health: HealthBoard
}
