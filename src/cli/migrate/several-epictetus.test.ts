// Of two clusters, or two namespaces: what becomes of settings that are not the same.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command-bench.ts'

const deployment = (namespace: string, secret: string, more: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: epictetus, namespace: ${namespace} }
spec:
  template:
    spec:
      containers:
        - image: ghcr.io/example/epictetus:2
          env:
            - { name: CLOUDFLARE_API_TOKEN, valueFrom: { secretKeyRef: { name: ${secret}, key: token } } }
            ${more}
`
const service = `
apiVersion: v1
kind: Service
metadata:
  name: shop
  annotations: { epictetus.io/dns-enabled: "true", epictetus.io/hostname: shop.example.com }
`
const removes = '- { name: REMOVE_ON_NOT_READY, value: "true" }'
const migrate = (first: string, second: string, ...more: readonly string[]): ReturnType<typeof runCommand> =>
  runCommand(['migrate', 'epictetus', '-', ...more], { stdin: [first, second, service].join('---') })

it.each([
  ['one removes what the other keeps', deployment('dns', 'token', removes), 'REMOVE_ON_NOT_READY'],
  ['one has another token', deployment('dns', 'another', ''), 'CLOUDFLARE_API_TOKEN'],
])('refuses two of which %s', async (_what, first, setting) => {
  const { code, stdout, stderr } = await migrate(first, deployment('dns', 'token', ''))
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    new RegExp(`^<stdin>:\\d+: error: ${setting} is not the same for all of 2 Epictetus here: translate`, 'm'),
  )
})

it('takes two that say the same, and what --env-file says for both', async () => {
  const same = await migrate(deployment('dns', 'token', removes), deployment('dns', 'token', removes))
  expect(same.code).toBe(0)
  const folder = await mkdtemp(join(tmpdir(), 'stoa-several-'))
  const file = join(folder, 'both.env')
  await writeFile(file, 'REMOVE_ON_NOT_READY=false\n')
  const told = await migrate(deployment('dns', 'token', removes), deployment('dns', 'token', ''), '--env-file', file)
  await rm(folder, { recursive: true })
  expect(told.code).toBe(0)
  expect(told.stdout).toMatch(/notReady:\n\s+action: Keep/)
})
