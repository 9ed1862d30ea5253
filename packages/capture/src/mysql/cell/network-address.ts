/** MariaDB's UUID, INET4 and INET6: bytes in the binlog, text everywhere else. */
import type { CellReader } from './cell-sink.ts'

function padded(buffer: Buffer, start: number, end: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  buffer.copy(bytes, 0, start, end)
  return bytes
}

export const readUuid: CellReader = (buffer, start, end, into) => {
  const hex = padded(buffer, start, end, 16).toString('hex')
  into.pushText(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`)
}

export const readInet4: CellReader = (buffer, start, end, into) => {
  into.pushText(Array.from(padded(buffer, start, end, 4)).join('.'))
}

/** As `INET6_NTOA` prints it: the longest run of zeros shortened, if only one, an IPv4 at its end in its own form. */
export const readInet6: CellReader = (buffer, start, end, into) => {
  const bytes = padded(buffer, start, end, 16)
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2))
  const gap = longestZeros(groups)
  const isMapped = gap.start === 0 && ((gap.length === 5 && groups[5] === 0xff_ff) || (gap.length === 6 && groups[6] !== 0))
  const shown = isMapped ? groups.slice(0, 6) : groups
  const print = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  const head = gap.length === 0 ? print(shown) : `${print(shown.slice(0, gap.start))}::${print(shown.slice(gap.start + gap.length))}`
  const tail = isMapped ? Array.from(bytes.subarray(12)).join('.') : ''
  into.pushText(isMapped && !head.endsWith(':') ? `${head}:${tail}` : `${head}${tail}`)
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0
    while (start + length < groups.length && groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
