import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command-bench.ts'

const GANDI = '[gandi]\ntarget_domain_fqdn = example.org\nrecord_name_root = @\nrecord_ttl = 300\nrecord_type_a = A\n'

describe('the WANAddress for ESDDNS', () => {
  it.each<readonly [string, readonly string[], number]>([
    ['one', ['https://api.ipify.org', 'https://api4.ipify.org/?format=text'], 1],
    ['one, by its address', ['http://192.0.2.1/ip', 'http://192.0.2.1/raw'], 1],
    ['two', ['https://api.ipify.org', 'https://api4.ipify.org', 'https://ifconfig.me/ip'], 2],
  ])('asks for no more operators than there are: %s', async (_, urls, quorum) => {
    const stdin = `${GANDI}[WANIPState]\nip_check_services = ${JSON.stringify({ svc: urls })}\n`
    const { code, stdout, stderr } = await runCommand(['migrate', 'esddns', '-'], { stdin })
    expect([code, stdout]).toEqual([0, expect.stringContaining(`  quorum: ${quorum}\n`)])
    expect(stderr).toContain(quorum === 1 ? 'one operator alone is asked' : 'two operators must agree')
  })
})
