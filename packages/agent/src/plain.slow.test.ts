/** What an application gets whose Node runs no TypeScript, and installs nothing else. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TestDoor } from './fixtures/door.ts'

const BUILD = fileURLToPath(new URL('../build.ts', import.meta.url))

let folder: string
let door: TestDoor

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-plain-'))
  door = await TestDoor.open()
})

afterEach(async () => {
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(...words: string[]): Promise<number | null> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

it('the library as plain JavaScript needs Node alone, and sends', async () => {
  expect(await run('--disable-warning=ExperimentalWarning', BUILD, folder)).toBe(0)
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  expect(files).toContain('index.js')
  const imports = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)].map((match) => match[1] as string),
  )
  expect(imports.filter((name) => !/^(node:[\w/]+|\.\/[\w-]+\.js)$/.test(name))).toEqual([])
  writeFileSync(
    join(folder, 'host.mjs'),
    `import { createAgent } from './index.js'
const agent = createAgent({ url: '${door.url}', token: 't', startJitterMs: 0, diskFolder: '${join(folder, 'spill')}' })
for (let n = 0; n < 100; n += 1) agent.send('click', { n })
process.exitCode = (await agent.close()) ? 0 : 1
`,
  )
  expect(await run('--no-experimental-strip-types', join(folder, 'host.mjs'))).toBe(0)
  expect(door.of('click')).toHaveLength(100)
})
