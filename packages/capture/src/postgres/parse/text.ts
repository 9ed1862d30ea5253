import type { VectorBuilder } from '@millrace/core'

/** Node gives it to every buffer, its types do not tell; `toString` costs nearly twice as much on short texts. */
interface Utf8 {
  utf8Slice(start: number, end: number): string
}

/** All that is text, and all that Postgres prints better than anybody else could: as it stands. */
export function parseText(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushText((buffer as unknown as Utf8).utf8Slice(start, end))
}
