// Everything of Amazon's SDK that we use, behind one function: this file is loaded when a zone is first opened, and is a chunk of
// the bundle by itself.
import { EgressAgent } from '../../egress/egress-agent.ts'
import type { Egress } from '../../egress/egress.ts'
import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ChangeResourceRecordSetsCommandInput,
  type ChangeResourceRecordSetsCommandOutput,
  type GetHostedZoneCommandOutput,
  type ListHostedZonesByNameCommandOutput,
  type ListHostedZonesCommandOutput,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
} from '@aws-sdk/client-route-53'

const MAX_BODY_BYTES = 64 * 1024 * 1024

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

export interface Route53ClientOptions {
  readonly region: string
  readonly endpoint: string | undefined
  /** Undefined: the SDK's own chain (environment, profile, pod identity, instance role). */
  readonly credentials: (() => Promise<AwsCredentials>) | undefined
  readonly timeoutMs: number
  readonly egress?: Egress | undefined
}

export interface CallOptions {
  readonly abortSignal: AbortSignal
}

export interface Route53Calls {
  listZones(marker: string | undefined, options: CallOptions): Promise<ListHostedZonesCommandOutput>
  findZones(name: string, options: CallOptions): Promise<ListHostedZonesByNameCommandOutput>
  getZone(id: string, options: CallOptions): Promise<GetHostedZoneCommandOutput>
  listSets(
    input: ListResourceRecordSetsCommandInput,
    options: CallOptions,
  ): Promise<ListResourceRecordSetsCommandOutput>
  changeSets(
    input: ChangeResourceRecordSetsCommandInput,
    options: CallOptions,
  ): Promise<ChangeResourceRecordSetsCommandOutput>
  /** Whatever the client found to sign with. */
  credentials(): Promise<AwsCredentials>
  close(): void
}

export function openRoute53({ region, endpoint, credentials, timeoutMs, egress }: Route53ClientOptions): Route53Calls {
  const client = new Route53Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // Our own gate and worker decide when to try again.
    maxAttempts: 1,
    // Its own token service is asked by the same handler; metadata services of the machine are asked directly, by HTTP.
    requestHandler: {
      connectionTimeout: timeoutMs,
      ...(egress !== undefined && { httpsAgent: new EgressAgent(egress, timeoutMs) }),
    },
    streamCollector: readBounded,
  })
  return {
    listZones: (marker, options) =>
      client.send(new ListHostedZonesCommand({ Marker: marker }), options).then(having('IsTruncated')),
    findZones: (name, options) =>
      client.send(new ListHostedZonesByNameCommand({ DNSName: name }), options).then(having('HostedZones')),
    getZone: (id, options) => client.send(new GetHostedZoneCommand({ Id: id }), options).then(having('HostedZone')),
    listSets: (input, options) =>
      client.send(new ListResourceRecordSetsCommand(input), options).then(having('IsTruncated')),
    changeSets: (input, options) =>
      client.send(new ChangeResourceRecordSetsCommand(input), options).then(having('ChangeInfo')),
    credentials: () => client.config.credentials(),
    close: () => client.destroy(),
  }
}

/** To the SDK any text is an answer, if an empty one: what a proxy says must not be taken for an empty zone. */
function having<Name extends string>(
  member: Name,
): <Output extends { [name in Name]?: unknown }>(output: Output) => Output {
  return (output) => {
    if (output[member] === undefined) throw new Error('the answer is not one of Route 53')
    return output
  }
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`the answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
