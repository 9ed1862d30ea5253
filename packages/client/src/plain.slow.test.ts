/** What an application gets whose Node runs no TypeScript, and installs nothing else. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const BUILD = fileURLToPath(new URL('../build.ts', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-plain-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function run(...words: string[]): Promise<number | null> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

it('the library as plain JavaScript needs nothing at all, not even Node, and reads', async () => {
  expect(await run('--disable-warning=ExperimentalWarning', BUILD, folder)).toBe(0)
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'))
  expect(files).toContain('index.js')
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'))
  const imports = texts.flatMap((text) => [...text.matchAll(/from '([^']+)'/g)].map((match) => match[1] as string))
  expect(imports.filter((name) => !/^\.\/[\w-]+\.js$/.test(name))).toEqual([])
  expect(texts.join('').match(/\b(process|Buffer|require)\b[.(]/)).toBeNull()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const row = 'data: {"type":"rows","rows":[{"id":"ä"}]}\n\n'
    // Cut in the middle of a letter: bytes come as the network likes.
    const bytes = Buffer.from(row)
    const middle = bytes.indexOf(0xc3) + 1
    response.write(bytes.subarray(0, middle))
    setImmediate(() => {
      response.write(bytes.subarray(middle))
      response.write('data: {"type":"snapshot","rows":1,"cut":3,"position":"p"}\n\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  writeFileSync(
    join(folder, 'host.mjs'),
    `import { createClient } from './index.js'
const seen = []
for await (const change of createClient({ url: 'http://127.0.0.1:${port}' }).subscribe('m')) {
  seen.push(change.operation, change.after?.id)
  if (change.operation === 'ready') break
}
process.exit(seen.join() === 'insert,ä,ready,' ? 0 : 1)
`,
  )
  expect(await run('--no-experimental-strip-types', join(folder, 'host.mjs'))).toBe(0)
  server.closeAllConnections()
  server.close()
})
