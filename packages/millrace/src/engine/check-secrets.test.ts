import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { env, file } from '../config/define.ts'
import { checkSecrets } from './check-secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-secrets-'))

beforeAll(() => {
  process.env['MILLRACE_TEST_PRESENT'] = 'present'
  writeFileSync(join(folder, 'present'), 'present\n')
})
afterAll(() => {
  delete process.env['MILLRACE_TEST_PRESENT']
  rmSync(folder, { recursive: true })
})

test('all secrets without a value are told at once, with the settings that need them', async () => {
  const missing = await checkSecrets({
    name: 'secrets',
    sources: {
      one: { kind: 'postgres', url: env('MILLRACE_TEST_ABSENT') },
      two: { kind: 'postgres', url: env('MILLRACE_TEST_ABSENT'), password: file(join(folder, 'present')) },
      three: { kind: 'postgres', url: env('MILLRACE_TEST_PRESENT'), password: file(join(folder, 'absent')) },
    },
    deliveries: { totals: { kind: 'webhook', from: 'totals', url: env('MILLRACE_TEST_PRESENT'), secret: [env('MILLRACE_TEST_OTHER')] } },
  })
  expect(missing.map(({ message }) => message)).toEqual([
    "The secret env('MILLRACE_TEST_ABSENT') for `sources.one.url` and `sources.two.url` has no value.",
    `The secret file('${join(folder, 'absent')}') for \`sources.three.password\` has no value.`,
    "The secret env('MILLRACE_TEST_OTHER') for `deliveries.totals.secret.0` has no value.",
  ])
})

test('a configuration without secrets misses none', async () => {
  expect(await checkSecrets({ name: 'plain', sources: { one: { kind: 'postgres', url: 'postgres://localhost' } } })).toEqual([])
})
