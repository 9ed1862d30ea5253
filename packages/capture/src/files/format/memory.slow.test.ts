import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { StreamedFormat } from './record-reader.ts'

const FILE = fileURLToPath(new URL('./fixtures/read-endless.ts', import.meta.url))
/** Of which Node itself, with its compiler of types, takes some 25 MB. */
const HEAP = '--max-old-space-size=96'
const SMALL_BYTES = 30_000_000
const LARGE_BYTES = 300_000_000
/** What the garbage collector may be late by. */
const SLACK_BYTES = 80_000_000

interface Peak {
  readonly rows: number
  readonly bad: number
  readonly peakBytes: number
}

async function peakOf(format: StreamedFormat, lines: string, bytes: number): Promise<Peak> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    HEAP,
    '--max-semi-space-size=4',
    FILE,
    JSON.stringify({ format, lines, bytes }),
  ])
  return JSON.parse(stdout) as Peak
}

async function expectFlat(format: StreamedFormat, lines: string): Promise<void> {
  const small = await peakOf(format, lines, SMALL_BYTES)
  const large = await peakOf(format, lines, LARGE_BYTES)
  expect(large.rows).toBeGreaterThan(9 * small.rows)
  expect(small.rows).toBeGreaterThan(10 * small.bad - 10)
  expect(large.peakBytes).toBeLessThan(small.peakBytes + SLACK_BYTES)
}

const TEXT = 'a text of some length - as people write them'

describe('memory does not grow with the file', () => {
  test('CSV, with a bad row in every twenty', { timeout: 300_000 }, async () => {
    const good = `4711,"${TEXT}, ""quoted""",12.50,2024-02-29\n`
    await expectFlat(
      { type: 'csv', header: false, columns: { a: 'int64', b: 'text', c: 'decimal(12,2)', d: 'date' } },
      `${good.repeat(19)}x,"${TEXT}",1,\n`,
    )
  })

  test('CSV whose quote is never closed', { timeout: 300_000 }, async () => {
    // Only one in a hundred lines is bad, but each costs a look at as many bytes as a record may have.
    const format = { type: 'csv', header: false, columns: { a: 'int64', b: 'text' }, recordBytesMax: 10_000 } as const
    await expectFlat(format, `${`1,${TEXT}\n`.repeat(100)}2,"${TEXT}\n`)
  })

  test('JSON lines', { timeout: 300_000 }, async () => {
    await expectFlat({ type: 'json-lines', columns: { a: 'int64', b: 'text', c: 'json' } }, `{"a":4711,"b":"${TEXT}","c":{"d":[1,2,3]}}\n`)
  })

  test('fixed width', { timeout: 300_000 }, async () => {
    const fields = [
      { name: 'a', start: 1, length: 8, type: 'int64' },
      { name: 'b', start: 9, length: 50, type: 'text' },
    ] as const
    await expectFlat({ type: 'fixed-width', layouts: { row: { fields } } }, `00004711${TEXT.padEnd(50)}\n`)
  })

  test('a line without an end', { timeout: 300_000 }, async () => {
    const format = { type: 'csv', header: false, columns: { a: 'int64', b: 'text' } } as const
    const small = await peakOf(format, TEXT, SMALL_BYTES)
    const large = await peakOf(format, TEXT, LARGE_BYTES)
    expect([small.bad, large.bad]).toEqual([1, 1])
    expect(large.peakBytes).toBeLessThan(small.peakBytes + SLACK_BYTES)
  })
})
