import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** How bytes lie in the file: as they are, or compressed. Stored with them: append only. */
export const PACKING = { PLAIN: 0, ZSTD: 1 } as const

export interface Packed {
  readonly packing: number
  readonly bytes: Uint8Array
}

/** Below this a call to the compressor costs more than it saves. */
const COMPRESSED_BYTES_LEAST = 1024
/** Compression that saves less than a tenth is not worth undoing at every read. */
const COMPRESSED_SHARE_MOST = 0.9

const LEVEL_ONE = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function pack(bytes: Uint8Array): Packed {
  if (bytes.length < COMPRESSED_BYTES_LEAST) return { packing: PACKING.PLAIN, bytes }
  const compressed = zstdCompressSync(bytes, LEVEL_ONE)
  if (compressed.length > bytes.length * COMPRESSED_SHARE_MOST) return { packing: PACKING.PLAIN, bytes }
  return { packing: PACKING.ZSTD, bytes: compressed }
}

/** Call it only with bytes whose checksum held. */
export function unpack({ packing, bytes }: Packed): Uint8Array {
  return packing === PACKING.ZSTD ? zstdDecompressSync(bytes, { chunkSize: unpackedBytes(bytes) + SPARE_BYTES }) : bytes
}

/** What is left of the room tells the decompressor that it is done; without any it would ask for another. */
const SPARE_BYTES = 64
/** Where a frame does not tell how much it holds, it is unpacked in pieces of this size. */
const PIECE_BYTES = 1 << 16
const ROOM_BYTES_LIMIT = 1 << 27

/**
 * How much a frame holds, as its head tells (RFC 8878, 3.1.1.1): so it is unpacked into one piece of memory.
 * In many small ones, joined at the end, it takes half as long again.
 */
function unpackedBytes(bytes: Uint8Array): number {
  const frame = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (frame.byteLength < 18) return PIECE_BYTES
  const descriptor = frame.getUint8(4)
  const isSingle = (descriptor & 0x20) !== 0
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number)
  return Math.min(ROOM_BYTES_LIMIT, sizeAt(frame, at, { width: descriptor >> 6, isSingle }))
}

function sizeAt(frame: DataView, at: number, { width, isSingle }: { width: number; isSingle: boolean }): number {
  if (width === 1) return frame.getUint16(at, true) + 256
  if (width === 2) return frame.getUint32(at, true)
  if (width === 3) return Number(frame.getBigUint64(at, true))
  return isSingle ? frame.getUint8(at) : PIECE_BYTES
}
