import { expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

test.each([1, 2, 4, 8])('an array of width %i that outgrows the buffer lies in the new one', (width) => {
  const writer = new ByteWriter()
  writer.byte(7)
  const count = (1 << (18 + width)) / width
  const values = { 1: writer.uint8Array, 2: writer.uint16Array, 4: writer.uint32Array, 8: writer.float64Array }[width]?.call(writer, count)
  values?.fill(9)
  const bytes = writer.finish()
  expect(bytes.length).toBeGreaterThanOrEqual(count * width)
  expect(bytes[0]).toBe(7)
  expect(bytes.subarray(-width).some((byte) => byte !== 0)).toBe(true)
})
