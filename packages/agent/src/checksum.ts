/** CRC-32 as zlib has it; of newer Nodes it is built in. */
import * as zlib from 'node:zlib'

const builtIn = (zlib as { crc32?: (bytes: Buffer, value?: number) => number }).crc32

export function checksum(bytes: Buffer): number {
  return builtIn === undefined ? tableChecksum(bytes) : builtIn(bytes)
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** The same in plain JavaScript, for Node 18. */
export function tableChecksum(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}
