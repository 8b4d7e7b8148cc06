// The answer to one question, as a value. Pure: nothing here knows of sockets, bytes or signatures.
import type { Message } from '../wire/message.ts'
import { replyTo } from '../wire/query.ts'
import { negativeSoa } from './hosted-zone.ts'
import { resolveName } from './resolve-name.ts'
import type { Zones } from './zone-directory.ts'

export function answerQuery(query: Message, zones: Zones): Message {
  if (query.opcode !== 'QUERY') return replyTo(query, 'NOTIMP')
  const [question] = query.questions
  if (question === undefined || query.questions.length > 1) return replyTo(query, 'FORMERR')
  const hosted = question.class === 'IN' ? zones.find(question.name) : undefined
  if (hosted === undefined) return replyTo(query, 'REFUSED')
  if (!hosted.served.isWhole) return replyTo(query, 'SERVFAIL')
  const { rcode, answers, negative } = resolveName(zones, hosted, question.name, question.type)
  const authorities = negative ? [negativeSoa(hosted)] : []
  return { ...replyTo(query, rcode), authoritative: true, answers, authorities }
}
