import { expect, it } from 'vitest'
import { parseAnswer } from './parse-answer.ts'

const NOT_AN_ADDRESS = 'the answer is not an address'

it.each<[string, string, string, string | undefined, string?]>([
  ['plain text is the address', '9.9.9.9', '', '9.9.9.9'],
  ['surrounding space does not matter', ' 9.9.9.9\r\n', '', '9.9.9.9'],
  ['IPv6 is brought into its one form', '2606:4700:0:0:0:0:0:1111', '', '2606:4700::1111'],
  ['of several lines the one that begins with ip= counts', 'fl=12\nip=9.9.9.9\nts=1.5\n', '', '9.9.9.9'],
  ['a line that ends in ip= does not count', 'zip=9.9.9.9\n', '', undefined, NOT_AN_ADDRESS],
  ['a JSON field is the address', '{"ip":"9.9.9.9"}', 'ip', '9.9.9.9'],
  ['a JSON field may lie deeper', '{"client":{"ip":"9.9.9.9"}}', 'client.ip', '9.9.9.9'],
  ['a service with plain text may stand beside those with JSON', '9.9.9.9', 'ip', '9.9.9.9'],
  [
    'JSON without a field to look for is useless',
    '{"ip":"9.9.9.9"}',
    '',
    undefined,
    'the answer is JSON; name the field that holds the address (jsonField)',
  ],
  ['JSON without the field is useless', '{"address":"9.9.9.9"}', 'ip', undefined, 'the answer has no text field ip'],
  ['JSON whose field is no text is useless', '{"ip":["9.9.9.9"]}', 'ip', undefined, 'the answer has no text field ip'],
  [
    'a path through something flat is useless',
    '{"ip":"9.9.9.9"}',
    'ip.v4',
    undefined,
    'the answer has no text field ip.v4',
  ],
  [
    'inherited properties are no fields',
    '{}',
    'constructor.name',
    undefined,
    'the answer has no text field constructor.name',
  ],
  ['broken JSON is useless', '{"ip":', 'ip', undefined, 'the answer is not valid JSON'],
  ['an empty answer is useless', '', '', undefined, NOT_AN_ADDRESS],
  ['a page is useless', '<html>9.9.9.9</html>', '', undefined, NOT_AN_ADDRESS],
  ['two addresses are useless', '9.9.9.9, 8.8.8.8', '', undefined, NOT_AN_ADDRESS],
  ['an address with a port is useless', '9.9.9.9:80', '', undefined, NOT_AN_ADDRESS],
  ['an address with leading zeros is useless', '009.9.9.9', '', undefined, NOT_AN_ADDRESS],
])('%s', (_sentence, text, jsonField, address, problem) => {
  expect(parseAnswer(text, jsonField)).toEqual(
    address === undefined ? { kind: 'unusable', problem } : { kind: 'address', address },
  )
})
