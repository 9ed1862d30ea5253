import { BagFold } from './bag-fold.ts'
import type { FoldShape } from './fold-columns.ts'
import { KeyedFold } from './keyed-fold.ts'

export function makeFold(shape: FoldShape): KeyedFold | BagFold {
  return shape.key.length > 0 ? new KeyedFold(shape) : new BagFold(shape)
}
