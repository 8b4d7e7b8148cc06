// One line on a terminal that tells what is being done, and is gone afterwards.
import type { CommandIo } from '../command-io.ts'

export interface StageLine {
  show(text: string): void
  clear(): void
}

const CLEAR = '\r\u001b[K'

export function createStageLine(io: Pick<CommandIo, 'stderr' | 'stderrIsTty'>): StageLine {
  let isShown = false
  return {
    show: (text) => {
      if (!io.stderrIsTty) return
      io.stderr(`${CLEAR}${text}`)
      isShown = true
    },
    clear: () => {
      if (isShown) io.stderr(CLEAR)
      isShown = false
    },
  }
}
