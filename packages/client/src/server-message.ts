import type { ReadErrorDetails } from './read-error.ts'
import type { Row } from './types.ts'

/** What a subscription is told, as the server writes it. */
export type ServerMessage =
  | { readonly type: 'begin'; readonly snapshot: boolean; readonly position: string | null }
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  | { readonly type: 'snapshot'; readonly rows: number; readonly cut: number; readonly position: string }
  | {
      readonly type: 'changes'
      readonly cut: number
      readonly last: boolean
      readonly position: string
      readonly changes: readonly {
        readonly operation: 'insert' | 'update' | 'delete' | 'truncate'
        readonly before: Row | null
        readonly after: Row | null
      }[]
    }
  | { readonly type: 'position'; readonly position: string }
  | { readonly type: 'alive' }
  | { readonly type: 'end'; readonly position: string | null; readonly error: ReadErrorDetails }
