/** The bytes of a log, plain or compressed, from a position on. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { crc32, createGunzip, createZstdDecompress } from 'node:zlib'

const PIECE_BYTES = 262_144

export async function readAt(file: FileHandle, position: number, bytesMax: number): Promise<Uint8Array> {
  const piece = new Uint8Array(bytesMax)
  const { bytesRead } = await file.read(piece, 0, bytesMax, position)
  return piece.subarray(0, bytesRead)
}

/** By its first bytes, never by its name. */
export function isCompressed(head: Uint8Array): boolean {
  return (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd)
}

/** All bytes of a compressed file as they were; fails where it is damaged or not complete. */
export async function* decompressed(path: string, head: Uint8Array): AsyncGenerator<Uint8Array> {
  const raw = createReadStream(path)
  const opened: Readable = raw.pipe(head[0] === 0x1f ? createGunzip() : createZstdDecompress())
  raw.on('error', (error) => opened.destroy(error))
  try {
    yield* opened as AsyncIterable<Uint8Array>
  } finally {
    raw.destroy()
    opened.destroy()
  }
}

/** CRC-32 of the first bytes; null where there are not so many. */
export async function sumOf(bytes: AsyncIterable<Uint8Array>, count: number): Promise<number | null> {
  let sum = 0
  let left = count
  if (left === 0) return 0
  for await (const piece of bytes) {
    sum = crc32(piece.subarray(0, left), sum)
    left -= Math.min(left, piece.length)
    if (left === 0) return sum
  }
  return null
}

export async function headOf(bytes: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    pieces.push(piece)
    length += piece.length
    if (length >= count) break
  }
  return Buffer.concat(pieces).subarray(0, count)
}

export async function* plain(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    for (let at = 0; ;) {
      const piece = await readAt(file, at, PIECE_BYTES)
      if (piece.length === 0) return
      at += piece.length
      yield piece
    }
  } finally {
    await file.close()
  }
}
