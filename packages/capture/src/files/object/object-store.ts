/** Where files come from: a folder or a bucket. Both look the same from here. */
export interface ListedObject {
  /** From the place that the source names, with forward slashes. */
  readonly key: string
  readonly size: number
  /** As the place tells it; whole milliseconds at least. */
  readonly modifiedMicros: number
  /**
   * Equal for equal versions and for no others of this key: what tells a changed object from the one that was read. Of a
   * folder its inode, size and time; of a bucket its tag and size, so that equal bytes put there again are the same version.
   */
  readonly version: string
}

export interface ObjectStore {
  /** For people: `/data/inbox`, `s3://bucket/prefix`. */
  readonly place: string
  /** True if an object is only ever seen whole; else one that still grows must be told from one that rests. */
  readonly appearsWhole: boolean
  /** Every object below the place, in pages of a bounded size. Raises a code of the source. */
  pages(signal: AbortSignal): AsyncIterable<readonly ListedObject[]>
  /** One object as `pages` would list it; null where there is none. */
  look(key: string, signal: AbortSignal): Promise<ListedObject | null>
  /**
   * The bytes of this very version. Raises CAPTURE_FILE_CHANGED where it is not that version any more, in the middle too,
   * and CAPTURE_FILE_REFUSED where it may not be read.
   */
  read(object: ListedObject, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Objects of one page: enough to make a look quick, little enough to be held. */
export const PAGE_OBJECTS = 1000
