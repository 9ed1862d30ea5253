import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pack, PACKING, unpack } from './packing.ts'

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => ((at * at) % 251) & (at >> 5))
}

describe('packed bytes', () => {
  it('are the same bytes again, whatever their number', () => {
    for (const length of [0, 1, 255, 256, 257, 1023, 1024, 65_535, 65_536, 65_791, 65_792, 65_793, 1_000_000]) {
      expect(Buffer.from(unpack(pack(someBytes(length)))).equals(Buffer.from(someBytes(length))), `${length}`).toBe(true)
    }
  })

  it('are read from a frame of any head, also from one that does not tell how much it holds', () => {
    for (const length of [3, 200, 300, 70_000, 300_000]) {
      for (const told of [0, 1]) {
        const bytes = zstdCompressSync(someBytes(length), { params: { [constants.ZSTD_c_contentSizeFlag]: told } })
        const unpacked = unpack({ packing: PACKING.ZSTD, bytes })
        expect(Buffer.from(unpacked).equals(Buffer.from(someBytes(length))), `${length} ${told}`).toBe(true)
      }
    }
  })

  it('take one piece of memory, of their own size', () => {
    const unpacked = unpack(pack(someBytes(700_000)))
    expect(unpacked.buffer.byteLength).toBeLessThan(701_000)
  })
})
