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
  return packing === PACKING.ZSTD ? zstdDecompressSync(bytes) : bytes
}
