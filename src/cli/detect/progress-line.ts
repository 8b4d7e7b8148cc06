// One line on a terminal that tells how far the asking has come, and is gone afterwards.
import type { CommandIo } from '../command-io.ts'

export interface ProgressLine {
  addSources(count: number): void
  addAnswer(): void
  clear(): void
}

const CLEAR = '\r\u001b[K'

export function createProgressLine(io: CommandIo): ProgressLine {
  let sources = 0
  let answers = 0
  const show = (): void => {
    if (io.stderrIsTty) io.stderr(`${CLEAR}asking: ${answers} of ${sources} sources have answered …`)
  }
  return {
    addSources: (count) => {
      sources += count
      show()
    },
    addAnswer: () => {
      answers += 1
      show()
    },
    clear: () => {
      if (io.stderrIsTty) io.stderr(CLEAR)
    },
  }
}
