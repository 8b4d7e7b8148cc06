import { describeStoreContract } from '../../../test/contracts/store-contract.ts'
import { GIT_STORE_SKIPS, startGitBench } from '../../../test/support/git-bench.ts'

describeStoreContract({ name: 'the store over a folder', start: () => startGitBench(false), skips: GIT_STORE_SKIPS })
