// What a command may touch of its surroundings, handed in by the composition root so that tests can run commands in process.

export interface CommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly stdoutIsTty: boolean
  readonly stderrIsTty: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  stdin(): AsyncIterable<Uint8Array>
  setExitCode(code: number): void
  /** Aborted when the user wants the command to stop. */
  readonly signal: AbortSignal
}
