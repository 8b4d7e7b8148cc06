// A real Git repository in a temporary folder, to commit to.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Nobody's own configuration counts, and times are the same everywhere. */
const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@stoa.test',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@stoa.test',
}

export class GitRepository {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(): Promise<GitRepository> {
    const repository = new GitRepository(await mkdtemp(join(tmpdir(), 'stoa-repository-')))
    await repository.git('init', '--quiet', '--initial-branch=main')
    return repository
  }

  async git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('git', ['-C', this.path, ...args], { env: ENVIRONMENT })
    return stdout.trimEnd()
  }

  async write(file: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.path, file)), { recursive: true })
    await writeFile(join(this.path, file), content)
  }

  async delete(file: string): Promise<void> {
    await rm(join(this.path, file), { recursive: true })
  }

  /** Everything there is now. Gives the commit's id. */
  async commit(): Promise<string> {
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', 'Change')
    return await this.git('rev-parse', 'HEAD')
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 })
  }
}
