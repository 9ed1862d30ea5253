import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { resolveSecret } from './secret.ts'

afterEach(() => vi.unstubAllEnvs())

test('a secret is read anew each time, so a rotated one is taken up', async () => {
  vi.stubEnv('MILLRACE_TEST_SECRET', 'first')
  const reference = { secret: 'env', name: 'MILLRACE_TEST_SECRET' } as const
  expect(await resolveSecret(reference)).toBe('first')
  vi.stubEnv('MILLRACE_TEST_SECRET', 'second')
  expect(await resolveSecret(reference)).toBe('second')
})

test("a secret's file yields its content without the last line break", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secret-'))
  writeFileSync(join(folder, 'password'), 'with space \n')
  expect(await resolveSecret({ secret: 'file', path: join(folder, 'password') })).toBe('with space ')
  rmSync(folder, { recursive: true })
})

test.each([{ secret: 'env', name: 'MILLRACE_TEST_ABSENT' } as const, { secret: 'file', path: '/nonexistent/millrace' } as const])(
  'a secret without a value is refused by name: $secret',
  async (reference) => {
    await expect(resolveSecret(reference)).rejects.toMatchObject({
      code: 'CONFIG_SECRET_MISSING',
      message: expect.stringContaining(reference.secret === 'env' ? "env('MILLRACE_TEST_ABSENT')" : "file('/nonexistent/millrace')"),
      hint: expect.stringContaining('environment'),
    })
  },
)
