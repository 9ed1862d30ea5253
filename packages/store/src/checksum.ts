import { crc32 } from 'node:zlib'

/** A checksum over named columns of a row; the table's name keeps rows of different tables apart. */
export function rowChecksum(table: string, columns: readonly (string | number | null)[]): number {
  return crc32(JSON.stringify([table, ...columns]))
}

export function bytesChecksum(bytes: Uint8Array): number {
  return crc32(bytes)
}
