import fc from 'fast-check'
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { chunked, codeOf } from '../fixtures/read-all.ts'
import { type Archive, decompress } from './decompress.ts'

const zstdChecked = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
const ARCHIVERS = { gzip: gzipSync, zstd: zstdCompressSync, brotli: brotliCompressSync }
const MEMBERED = { gzip: gzipSync, zstd: zstdCompressSync, checked: zstdChecked }

async function unpack(bytes: Uint8Array, wish: Partial<Archive> & { chunks?: readonly number[] } = {}): Promise<Buffer> {
  const { chunks = [], ...archive } = wish
  const pieces: Uint8Array[] = []
  for await (const piece of decompress({ bytes: chunked(bytes, chunks), compression: 'auto', name: 'file', ...archive }))
    pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

describe('decompression', () => {
  test('gives back what was compressed, cut anywhere, told or found out', async () => {
    const contents = fc.oneof(
      fc.uint8Array({ maxLength: 5000, size: 'max' }),
      fc.string({ minLength: 1, maxLength: 50 }).map((text) => Buffer.from(text.repeat(3000))),
    )
    const chunks = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.constantFrom('gzip' as const, 'zstd' as const, 'brotli' as const),
        fc.boolean(),
        chunks,
        async (bytes, compression, told, cut) => {
          const packed = ARCHIVERS[compression](bytes)
          const wish = told || compression === 'brotli' ? { compression } : {}
          expect(Buffer.compare(await unpack(packed, { ...wish, chunks: cut }), bytes)).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('all members of an archive are read, whichever size they have', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 400, size: 'max' }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('gzip', 'zstd', 'checked'),
        fc.integer({ min: 1, max: 99 }),
        async (members, kind, chunk) => {
          const pack = MEMBERED[kind]
          const read = await unpack(Buffer.concat(members.map((member) => pack(member))), { chunks: [chunk] })
          expect(read.toString('hex')).toBe(Buffer.concat(members).toString('hex'))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a skippable frame between others is passed over', async () => {
    const skippable = Buffer.concat([Buffer.from('512a4d1803000000', 'hex'), Buffer.from('abc')])
    const read = await unpack(
      Buffer.concat([skippable, zstdCompressSync(Buffer.from('one')), skippable, zstdCompressSync(Buffer.from('two'))]),
      { chunks: [3] },
    )
    expect(read.toString()).toBe('onetwo')
  })

  test('what is not compressed passes through, also a file of no bytes', async () => {
    expect((await unpack(Buffer.from('a,b\n'), { chunks: [1] })).toString()).toBe('a,b\n')
    expect((await unpack(Buffer.alloc(0))).length).toBe(0)
  })

  test('an archive that is cut anywhere is an error with its place, never a shorter file', async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7919) % 251))
    for (const [compression, pack] of Object.entries(ARCHIVERS)) {
      const packed = pack(bytes)
      for (let length = 5; length < packed.length; length += 97) {
        const wish = { compression: compression as 'gzip' }
        expect(await codeOf(unpack(packed.subarray(0, length), wish)), `${compression} cut at ${length} of ${packed.length}`).toBe(
          'FILE_ARCHIVE_DAMAGED',
        )
      }
    }
    await expect(unpack(gzipSync(bytes).subarray(0, 200))).rejects.toThrow(
      /file is a damaged gzip archive: it ends in the middle, at byte 200/,
    )
  })

  test('a damaged archive, and one with rubbish after its end, are errors', async () => {
    const packed = gzipSync(Buffer.from('some text that is long enough'.repeat(50)))
    const damaged = Buffer.from(packed)
    damaged[30] = (damaged[30] as number) ^ 255
    expect(await codeOf(unpack(damaged))).toBe('FILE_ARCHIVE_DAMAGED')
    expect(await codeOf(unpack(Buffer.concat([packed, Buffer.from('rubbish')])))).toBe('FILE_ARCHIVE_DAMAGED')
    expect(await codeOf(unpack(Buffer.concat([zstdCompressSync(Buffer.from('x')), Buffer.from('rubbish')])))).toBe('FILE_ARCHIVE_DAMAGED')
    const followed = Buffer.concat([brotliCompressSync(Buffer.from('text')), Buffer.from('rubbish')])
    for (const chunks of [[], [5]]) expect(await codeOf(unpack(followed, { compression: 'brotli', chunks }))).toBe('FILE_ARCHIVE_DAMAGED')
    const checked = zstdChecked(Buffer.from('some text that is long enough'))
    checked[checked.length - 1] = (checked.at(-1) as number) ^ 255
    expect(await codeOf(unpack(checked))).toBe('FILE_ARCHIVE_DAMAGED')
    expect(await codeOf(unpack(Buffer.from('plain'), { compression: 'gzip' }))).toBe('FILE_ARCHIVE_DAMAGED')
  })

  test('a bomb is refused before it has grown far', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(100_000_000))
    let grown = 0
    const read = async (): Promise<void> => {
      for await (const piece of decompress({ bytes: chunked(bomb, []), compression: 'auto', name: 'file' })) grown += piece.length
    }
    expect(await codeOf(read())).toBe('FILE_ARCHIVE_TOO_LARGE')
    expect(grown).toBeLessThan(80_000_000)
    expect((await unpack(bomb, { expansionMax: 100_000 })).length).toBe(100_000_000)
  })

  test('a reader that stops early lets the source go', async () => {
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield gzipSync(Buffer.alloc(100_000, 'text'))
        yield Buffer.alloc(10)
      } finally {
        closed = true
      }
    }
    for await (const piece of decompress({ bytes: source(), compression: 'auto', name: 'file' })) if (piece.length > 0) break
    expect(closed).toBe(true)
  })
})
