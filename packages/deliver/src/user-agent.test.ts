import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { USER_AGENT } from './webhook-stage.ts'

test('the user agent names the version of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(USER_AGENT).toBe(`millrace/${version}`)
})
