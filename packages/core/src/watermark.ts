/**
 * How late the rows of a stream may be. A stream's **watermark** is the greatest time that it told in the commits
 * before, less the lateness. A row with a time behind it neither comes nor goes any more: a change that tells of such a
 * row, after or before, is late, and models are computed over the changes that were not. Where a stream has no key, of
 * an update only that half is late whose row is: its other row comes or goes by itself.
 *
 * It depends on the log alone, so that whoever reads a stream up to a cut finds the same changes late. All of one
 * commit are held against the same watermark, whatever their order. In the commit of a truncation nothing is late,
 * and the watermark begins anew.
 */
export interface Watermark {
  /** A date or a timestamp. */
  readonly column: string
  readonly latenessSeconds: number
}

/** The stream of a stream's late changes, each as the row that it told. */
export function lateStreamOf(stream: string): string {
  return `${stream}__late`
}

export function sameWatermark(one: Watermark | undefined, other: Watermark | undefined): boolean {
  return one?.column === other?.column && one?.latenessSeconds === other?.latenessSeconds
}
