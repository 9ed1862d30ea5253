/** What a database would gain from, with the statement that changes it. Nothing is run for anybody. */
export interface IndexAdvice {
  readonly kind: 'missing index' | 'unused index' | 'bloated index' | 'bloated table' | 'read whole'
  readonly table: string
  /** Null where there is none yet. */
  readonly index: string | null
  readonly detail: string
  /** Null where more must be known first. */
  readonly statement: string | null
  /** Bytes of disk that are gained; less than none where they are spent. */
  readonly bytes: number
  /** Of a missing index: what a statement costs without it and with it. */
  readonly effect: IndexEffect | null
}

export interface IndexEffect {
  /** `measured`: the index was made and the statement run, in a transaction that was rolled back. */
  readonly by: 'measured' | 'estimated'
  /** The statements that it serves. */
  readonly statements: readonly string[]
  /** In the planner's units, of all of them together. */
  readonly cost: { readonly before: number; readonly after: number }
  readonly ms: { readonly before: number; readonly after: number } | null
}
