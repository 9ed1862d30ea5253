import type { EncodedSet } from './encoded-set.ts'
import type { RetentionStep } from './retention.ts'
import type { CarriedError } from './store-error.ts'
import type { Applied } from './writer.ts'

/** What the store's thread asks of the writer's. */
export type Request =
  | { readonly kind: 'commit'; readonly id: number; readonly set: EncodedSet }
  | { readonly kind: 'drop-old'; readonly id: number; readonly stream: string; readonly beforeMs: number }
  | { readonly kind: 'close' }

/** What the writer answers; one message carries the answers to a whole commit. */
export type Reply =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly error: CarriedError }
  | { readonly kind: 'done'; readonly id: number; readonly value: Applied | RetentionStep }
  | { readonly kind: 'rejected'; readonly id: number; readonly error: CarriedError }
  | { readonly kind: 'closed' }
