/** Files as a user meets them: a project of their own, from the first file to the model, the notice and the doctor. */
import { copyFileSync, cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const EXAMPLE = fileURLToPath(new URL('../../../examples/files', import.meta.url))

const opened: { remove(): void }[] = []
const running: Run[] = []

afterEach(async () => {
  for (const run of running.splice(0)) await run.stop()
  for (const made of opened.splice(0)) made.remove()
})

function project(files: Readonly<Record<string, string>> = {}): string {
  const made = makeProject(files)
  opened.push(made)
  return made.folder
}

async function start(folder: string): Promise<string> {
  const run = new Run(['start', '--port', '0', '--json'], { folder })
  running.push(run)
  await run.says('"ready"')
  return (JSON.parse(run.stdout.split('\n').find((line) => line.includes('"ready"')) ?? '{}') as { console: string }).console
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 60_000;) if (await isSo()) return
  throw new Error('waited too long')
}

test('the example reads its files into a live model, and another file as it arrives', async () => {
  const folder = project()
  cpSync(EXAMPLE, folder, { recursive: true })
  const url = await start(folder)
  const model = async (): Promise<string> => JSON.stringify(await (await fetch(`${url}/api/streams/open_orders/changes`)).json())
  await until(async () => (await model()).includes('"order_id":3'))
  const answer = await runCli(['query', 'select order_id, open_amount from open_orders order by order_id', '--json'], { folder })
  expect(answer.stdout.trim().split('\n')).toEqual([
    '{"order_id":1,"open_amount":"20.00"}',
    '{"order_id":2,"open_amount":"80.50"}',
    '{"order_id":3,"open_amount":"0.00"}',
  ])
  writeFileSync(join(folder, 'inbox/orders-2026-11-22.csv'), 'id,customer,ordered_on,amount\n4,Barbara,2026-11-22,42.00\nx,bad,,\n')
  await until(async () => (await model()).includes('Barbara'))
  const parked = await runCli(['parked', 'inbox.orders', '--json'], { folder })
  expect(parked.stdout).toContain('orders-2026-11-22.csv, line 3')
  // The same content again, under its old name and touched, is no news.
  copyFileSync(join(EXAMPLE, 'inbox/orders-2026-11-20.csv'), join(folder, 'inbox/orders-2026-11-20.csv'))
  const graph = async (): Promise<string> => JSON.stringify(await (await fetch(`${url}/api/graph`)).json())
  await until(async () => (await graph()).includes('"filesUnchanged":1'))
  const told = await fetch(`${url}/api/sources/inbox/notify`, {
    method: 'POST',
    headers: { 'x-millrace': 'test' },
    body: '{"objects":["orders-2026-11-22.csv"]}',
  })
  expect(await told.json()).toEqual({ source: 'inbox', objects: 1 })
  const unknown = await fetch(`${url}/api/sources/nobody/notify`, { method: 'POST', headers: { 'x-millrace': 'test' }, body: '{}' })
  expect(await unknown.json()).toMatchObject({ code: 'SOURCE_NOT_NOTIFIED' })
  const strange = await fetch(`${url}/api/sources/inbox/notify`, { method: 'POST', headers: { 'x-millrace': 'test' }, body: '{"a":1}' })
  expect(strange.status).toBe(400)
})

const CONFIG = `import { csv, defineProject, files, logs } from 'millrace'
export default defineProject({
  name: 'plain',
  sources: {
    box: files({ from: './box', settleMs: 0, pollMs: 50, streams: { things: { files: '*.csv', format: csv() } } }),
    app: logs({ files: 'log/*.log', format: { type: 'pattern', pattern: /(?<level>[A-Z]+) (?<message>.*)/ } }),
  },
  server: { port: 0 },
})
`

test('types are inferred from the first file and then fixed; without one, the way out is told', async () => {
  const empty = await runCli(['check'], { folder: project({ 'millrace.config.ts': CONFIG, 'box/readme.txt': 'x' }) })
  expect(empty.code).toBe(4)
  expect(empty.stderr).toContain('CAPTURE_FILE_NONE')
  const folder = project({ 'millrace.config.ts': CONFIG, 'box/a.csv': 'id,name\n1,x\n2,y\n', 'log/a.log': 'INFO hello\n' })
  const url = await start(folder)
  const changes = async (stream: string): Promise<string> => (await fetch(`${url}/api/streams/${stream}/changes`)).text()
  await until(async () => (await changes('app.lines')).includes('hello') && (await changes('box.things')).includes('"name":"y"'))
  for (const run of running.splice(0)) await run.stop()
  rmSync(join(folder, 'box/a.csv'))
  writeFileSync(join(folder, 'box/0.csv'), 'id,name\nthree,z\n4,w\n')
  const again = await start(folder)
  await until(async () => (await (await fetch(`${again}/api/streams/box.things/changes`)).text()).includes('"name":"w"'))
  expect((await runCli(['parked', 'box.things', '--json'], { folder })).stdout).toContain('0.csv, line 2')
})

test('the doctor tells what can be listed, what fits and what can be read', async () => {
  const folder = project({ 'millrace.config.ts': CONFIG, 'box/a.csv': 'id\n1\n' })
  const { stdout } = await runCli(['doctor'], { folder })
  expect(stdout).toContain('source box: listing')
  expect(stdout).toContain('source box: files of things')
  expect(stdout).toContain('a.csv can be read')
  expect(stdout).toContain('source app: files')
  expect(stdout).toContain('0 fit log/*.log')
})
