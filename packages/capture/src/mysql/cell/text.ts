import type { TextDecode } from './charset.ts'
import type { CellReader, CellSink } from './cell-sink.ts'
import { utf8Slice } from './slices.ts'

export function readUtf8(buffer: Buffer, start: number, end: number, into: CellSink): void {
  into.pushText(utf8Slice(buffer, start, end))
}

export function textReader(decode: TextDecode): CellReader {
  return (buffer, start, end, into) => into.pushText(decode(buffer, start, end))
}

/** CHAR(n): the server never shows the spaces at its end; the binlog may hold them in sets of several bytes. */
export function charReader(decode: TextDecode): CellReader {
  return (buffer, start, end, into) => into.pushText(decode(buffer, start, end).replace(/ +$/, ''))
}

/** A copy, because the buffer is used again. */
export function readBytes(buffer: Buffer, start: number, end: number, into: CellSink): void {
  into.pushBytes(new Uint8Array(buffer.subarray(start, end)))
}

/** BINARY(n): the binlog leaves out the zeros at its end. */
export function paddedBytesReader(length: number): CellReader {
  return (buffer, start, end, into) => {
    const bytes = new Uint8Array(length)
    bytes.set(buffer.subarray(start, end))
    into.pushBytes(bytes)
  }
}

/** ENUM: its number counts from 1; 0 is the empty text that stands for an error. */
export function enumReader(labels: readonly string[]): CellReader {
  return (buffer, start, end, into) => {
    const index = end - start === 1 ? (buffer[start] as number) : buffer.readUInt16LE(start)
    into.pushText(index === 0 ? '' : (labels[index - 1] ?? ''))
  }
}

/** SET: one bit a label, the lowest for the first. */
export function setReader(labels: readonly string[]): CellReader {
  return (buffer, start, end, into) => {
    const chosen = labels.filter(
      (_label, index) => ((buffer[start + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0 && index >> 3 < end - start,
    )
    into.pushText(chosen.join(','))
  }
}

/** YEAR: counted from 1900; 0 is the year 0000. */
export function readYear(buffer: Buffer, start: number, _end: number, into: CellSink): void {
  const year = buffer[start] as number
  into.pushNumber(year === 0 ? 0 : 1900 + year)
}
