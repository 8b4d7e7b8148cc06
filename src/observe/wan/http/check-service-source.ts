import type { AddressFamily, IpAddress } from '../../../model/address.ts'
import type { WanSource } from '../detection.ts'
import { operatorOf } from '../operator.ts'
import { getText, type HttpPorts } from './get-text.ts'
import { parseAnswer } from './parse-answer.ts'
import { hostOf } from './service-url.ts'

const MAX_ANSWER_BYTES = 4096

export function createCheckServiceSource(
  url: URL,
  family: AddressFamily,
  jsonField: string,
  ports: HttpPorts,
): WanSource {
  const isTls = url.protocol === 'https:'
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
  return {
    // A query may hold a key to the service.
    name: `${url.origin}${url.pathname}`,
    transport: isTls ? 'HTTPS' : 'HTTP',
    operator: operatorOf(hostOf(url), port),
    authenticated: isTls,
    async ask(signal): Promise<readonly IpAddress[]> {
      const answer = parseAnswer(await getText({ url, family, maxBytes: MAX_ANSWER_BYTES }, ports, signal), jsonField)
      if (answer.kind === 'unusable') throw new Error(answer.problem)
      return [answer.address]
    },
  }
}
