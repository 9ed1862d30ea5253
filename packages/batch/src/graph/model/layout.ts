/**
 * How the rows of a version lie in files. A layout changes no row, so it is no part of what a model means, nor
 * of what its readers are made of: they are not computed again because of it.
 */
import { hashOf } from '../check/checked-graph.ts'
import { foldedName, type ModelSettings } from './model.ts'

export interface Layout {
  /** A folder for each value of these columns; whoever asks for one value opens no other folder. */
  readonly partitionBy: readonly string[]
  /** The order of rows within a file; whoever asks for a range skips the other parts of the file. */
  readonly clusterBy: readonly string[]
}

export function layoutOf({ partitionBy, clusterBy }: ModelSettings): Layout {
  return { partitionBy, clusterBy }
}

/** The key of a version whose rows are of this key: `key`, or `key#layout`. */
export function keyInLayout(rowsKey: string, layout: Layout): string {
  const text = layoutText(layout)
  return text === '' ? rowsKey : `${rowsKey}#${hashOf(text).slice(0, LAYOUT_DIGITS)}`
}

/** Of equal ones the rows are equal, however they lie. */
export function rowsKeyOf(key: string): string {
  return key.split('#', 1)[0] as string
}

export function isLaidBy(key: string, layout: Layout): boolean {
  return key === keyInLayout(rowsKeyOf(key), layout)
}

/** Of equal texts the layouts are equal; '' is none. */
export function layoutText({ partitionBy, clusterBy }: Layout): string {
  return partitionBy.length === 0 && clusterBy.length === 0
    ? ''
    : JSON.stringify([partitionBy, clusterBy].map((columns) => columns.map(foldedName)))
}

const LAYOUT_DIGITS = 12
