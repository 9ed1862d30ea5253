import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CutterOptions, type LogRecord, RecordCutter } from './record-cutter.ts'

const cutter = (more: Partial<CutterOptions> = {}): RecordCutter =>
  new RecordCutter({ at: 0, sum: 0, recordBytesMax: 1000, start: null, ...more })
const bytes = (text: string): Uint8Array => Buffer.from(text)
const texts = (records: readonly LogRecord[]): string[] => records.map((record) => Buffer.from(record.bytes).toString())

test('each line is a record; the last one waits for its end', () => {
  const lines = cutter()
  expect(texts(lines.push(bytes('one\ntwo\r\nthr')))).toEqual(['one', 'two'])
  expect(texts(lines.push(bytes('ee\n')))).toEqual(['three'])
  expect(lines.holds).toBe(false)
})

test('lines that do not begin a record continue the one before', () => {
  const lines = cutter({ start: /^\d/ })
  expect(texts(lines.push(bytes('1 a\n  at x\n  at y\n2 b\n')))).toEqual(['1 a\n  at x\n  at y'])
  expect(texts(lines.flushLines())).toEqual(['2 b'])
})

test('a line without an end is a record only where nothing will follow', () => {
  const lines = cutter({ start: /^\d/ })
  expect(texts(lines.push(bytes('1 a\n  at')))).toEqual([])
  expect(texts(lines.flushLines())).toEqual(['1 a'])
  expect(texts(lines.flushAll())).toEqual(['  at'])
})

test('law 8: a record over the limit is told with its beginning, and the next one is whole', () => {
  const lines = cutter({ recordBytesMax: 5 })
  const records = [...lines.push(bytes('1234')), ...lines.push(bytes('5678')), ...lines.push(bytes('9\nnext\n'))]
  expect(records.map(({ isTooLong, start, end }) => [isTooLong, start, end])).toEqual([
    [true, 0, 10],
    [false, 10, 15],
  ])
  expect(texts(records)).toEqual(['12345', 'next'])
})

test('records do not depend on how the bytes were cut, and each knows the sum of what is before its end', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '1', '\n', '\r', 'é'), maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (text, sizes, isMultiline) => {
        const options = { start: isMultiline ? /^1/ : null, recordBytesMax: 12 }
        const whole = cutter(options)
        const expected = [...whole.push(bytes(text)), ...whole.flushAll()]
        const cut = cutter(options)
        const found: LogRecord[] = []
        const content = bytes(text)
        for (let at = 0, turn = 0; at < content.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number
          found.push(...cut.push(content.subarray(at, at + size)))
          at += size
        }
        found.push(...cut.flushAll())
        expect(found).toEqual(expected)
        for (const record of found) expect(record.sum).toBe(crc32(content.subarray(0, record.end)))
        expect(found.at(-1)?.end ?? 0).toBe(content.length)
      },
    ),
  )
})
