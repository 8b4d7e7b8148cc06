import { describeStoreContract } from '../../../test/contracts/store-contract.ts'
import { GIT_STORE_SKIPS, startGitBench } from '../../../test/support/git-bench.ts'

describeStoreContract({ name: 'the store over a repository', start: () => startGitBench(true), skips: GIT_STORE_SKIPS })
