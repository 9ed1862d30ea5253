import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from './frame-reader.ts'

test('frames come out whole, whatever the chunks they came in', () => {
  const frame = fc.record({ kind: fc.integer({ min: 0x41, max: 0x43 }), body: fc.uint8Array({ maxLength: 40 }) })
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 60 })), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ kind, body }) => encode(kind, body)))
      const reader = new FrameReader()
      const seen: { kind: number; body: Uint8Array }[] = []
      let at = 0
      for (const size of [...cuts, bytes.length]) {
        const chunk = Buffer.from(bytes.subarray(at, at + size))
        reader.push(chunk)
        at = Math.min(bytes.length, at + size)
        while (reader.next()) {
          const { kind } = reader
          do seen.push({ kind, body: Uint8Array.from(reader.buffer.subarray(reader.start, reader.end)) })
          while (reader.nextOf(kind))
        }
        // What was handed over is no longer ours to read.
        chunk.fill(0)
      }
      expect(seen).toEqual(frames.map(({ kind, body }) => ({ kind, body: Uint8Array.from(body) })))
    }),
  )
})

test('a length that no server sends is refused rather than waited for', () => {
  const reader = new FrameReader()
  reader.push(Buffer.from([0x64, 0xff, 0xff, 0xff, 0xff, 0]))
  expect(() => reader.next()).toThrow('plausible length')
})

function encode(kind: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header[0] = kind
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
