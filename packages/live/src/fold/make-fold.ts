import { BagFold } from './bag-fold.ts'
import type { FoldShape } from './fold-columns.ts'
import { KeyedFold } from './keyed-fold.ts'
import type { StreamFold } from './stream-fold.ts'

export function makeFold(shape: FoldShape): StreamFold {
  return shape.key.length > 0 ? new KeyedFold(shape) : new BagFold(shape)
}
