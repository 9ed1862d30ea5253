/** Node gives these to every buffer, its types do not tell; `toString` costs nearly twice as much on short texts. */
interface Sliced {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
}

export function utf8Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Sliced).utf8Slice(start, end)
}

export function latin1Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Sliced).latin1Slice(start, end)
}

export function ucs2Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Sliced).ucs2Slice(start, end)
}
