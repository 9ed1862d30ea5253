import type { CsvFormat } from '@millrace/core'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { readAll } from '../fixtures/read-all.ts'

const FORMAT: CsvFormat = { type: 'csv', columns: { id: 'int64', name: 'text' } }
const ROWS = Array.from({ length: 300 }, (_, id) => [id, id % 7 === 0 ? 'a "word"\nand a line' : `name ${id}`] as const)
const FILE = `id,name\n${ROWS.map(([id, name]) => `${id},"${name.replaceAll('"', '""')}"\n`).join('')}`

afterEach(() => vi.restoreAllMocks())

test.each([1, 2, 3, 5])('a file is read to its end, each row once, though the second thread dies at its message %i', async (fatal) => {
  let messages = 0
  const post = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage')?.value as (...words: unknown[]) => void
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...words) {
    messages += 1
    if (messages === fatal) void this.terminate()
    post.apply(this, words)
  })
  const read = await readAll(FORMAT, FILE, { partBytes: 120, aloneBytes: 0 })
  expect(messages).toBeGreaterThanOrEqual(fatal)
  expect(read.rows['']).toEqual(ROWS)
  expect(read.indexes).toEqual(ROWS.map((_, index) => index))
  expect(read.bad).toEqual([])
})
