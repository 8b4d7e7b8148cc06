// Asks the probes given as JSON, one after the other, and prints the answers: for what a process must be told before it starts.
import { createNetworkProbe } from '../../src/observe/health/network-probe.ts'
import type { ProbeSpec } from '../../src/observe/health/probe-spec.ts'

const [specs = '[]'] = process.argv.slice(2)
const network = createNetworkProbe()
const answers: (string | null)[] = []
for (const spec of JSON.parse(specs) as readonly ProbeSpec[])
  answers.push((await network.probe(spec, new AbortController().signal)) ?? null)
network.close()
process.stdout.write(JSON.stringify(answers))
