import type { CellParser } from '../parse/cell-parser.ts'
import type { Mask } from './mask.ts'

/** In the place of the column's own parser: the value itself never reaches a column. */
export function maskedParser({ apply }: Mask): CellParser {
  return (buffer, start, end, into) => into.pushText(apply(buffer.toString('utf8', start, end)))
}
