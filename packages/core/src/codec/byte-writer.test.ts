import { expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

test.each([1, 2, 4, 8])('an array of width %i that outgrows the buffer lies in the new one', (width) => {
  const writer = new ByteWriter()
  writer.byte(7)
  const count = (1 << (18 + width)) / width
  if (width === 1) writer.uint8Array(count).fill(9)
  if (width === 2) writer.uint16Array(count).fill(9)
  if (width === 4) writer.uint32Array(count).fill(9)
  if (width === 8) writer.float64Array(count).fill(9)
  const bytes = writer.finish()
  expect(bytes.length).toBeGreaterThanOrEqual(count * width)
  expect(bytes[0]).toBe(7)
  expect(bytes.subarray(-width).some((byte) => byte !== 0)).toBe(true)
})
