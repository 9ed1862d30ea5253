import type { VectorBuilder } from '@millrace/core'

/** All that is text, and all that Postgres prints better than anybody else could: as it stands. */
export function parseText(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushUtf8(buffer, start, end)
}
