/** What the text of a view says: the form in which MySQL and MariaDB print a view that they have read. */

interface Placed {
  /** Where it begins in the text, from 0. */
  readonly at: number
}

export interface NumberNode extends Placed {
  readonly kind: 'number'
  readonly text: string
}

export interface TextNode extends Placed {
  readonly kind: 'text'
  readonly value: string
}

export interface MomentNode extends Placed {
  readonly kind: 'moment'
  readonly type: 'date' | 'time' | 'timestamp'
  readonly value: string
}

export interface NullNode extends Placed {
  readonly kind: 'null'
}

export interface ColumnNode extends Placed {
  readonly kind: 'column'
  /** Column, table and column, or schema, table and column. */
  readonly path: readonly string[]
}

export interface UnaryNode extends Placed {
  readonly kind: 'unary'
  readonly operator: string
  readonly operand: Expression
}

export interface BinaryNode extends Placed {
  readonly kind: 'binary'
  readonly operator: string
  readonly left: Expression
  readonly right: Expression
}

export interface IntervalNode extends Placed {
  readonly kind: 'interval'
  readonly amount: Expression
  readonly unit: string
}

export interface InNode extends Placed {
  readonly kind: 'in'
  readonly value: Expression
  readonly list: readonly Expression[] | Query
  readonly isNot: boolean
}

export interface BetweenNode extends Placed {
  readonly kind: 'between'
  readonly value: Expression
  readonly low: Expression
  readonly high: Expression
  readonly isNot: boolean
}

export interface LikeNode extends Placed {
  readonly kind: 'like'
  readonly value: Expression
  readonly pattern: Expression
  readonly escape: Expression | null
  readonly isNot: boolean
}

export interface IsNode extends Placed {
  readonly kind: 'is'
  readonly value: Expression
  readonly what: 'null' | 'true' | 'false' | 'unknown'
  readonly isNot: boolean
}

export interface CaseNode extends Placed {
  readonly kind: 'case'
  readonly tested: Expression | null
  readonly arms: readonly { readonly when: Expression; readonly value: Expression }[]
  readonly otherwise: Expression | null
}

export interface CastNode extends Placed {
  readonly kind: 'cast'
  readonly value: Expression
  /** Lower-case, without its sizes. */
  readonly type: string
  readonly sizes: readonly number[]
}

export interface CollateNode extends Placed {
  readonly kind: 'collate'
  readonly value: Expression
  readonly collation: string
}

export interface SortKey {
  readonly value: Expression
  readonly isDescending: boolean
}

export interface WindowClause {
  readonly partition: readonly Expression[]
  readonly order: readonly SortKey[]
  /** As it is written; empty where none is. */
  readonly frame: string
}

export interface CallNode extends Placed {
  readonly kind: 'call'
  readonly name: string
  readonly isDistinct: boolean
  readonly values: readonly Expression[]
  /** A word that stands before the arguments: the unit of `timestampdiff`, the side of `trim`. */
  readonly word: string | null
  readonly order: readonly SortKey[]
  readonly separator: string | null
  readonly over: WindowClause | null
}

export interface QueryNode extends Placed {
  readonly kind: 'exists' | 'subquery'
  readonly query: Query
}

export interface RowNode extends Placed {
  readonly kind: 'row'
  readonly items: readonly Expression[]
}

export type Expression =
  | NumberNode
  | TextNode
  | MomentNode
  | NullNode
  | ColumnNode
  | UnaryNode
  | BinaryNode
  | IntervalNode
  | InNode
  | BetweenNode
  | LikeNode
  | IsNode
  | CaseNode
  | CastNode
  | CollateNode
  | CallNode
  | QueryNode
  | RowNode

export interface TableSource extends Placed {
  readonly kind: 'table'
  /** Null of a common table. */
  readonly schema: string | null
  readonly table: string
  readonly alias: string | null
}

export interface QuerySource extends Placed {
  readonly kind: 'derived'
  readonly query: Query
  readonly alias: string
}

export interface JoinSource extends Placed {
  readonly kind: 'join'
  readonly side: 'inner' | 'left' | 'right'
  readonly left: Source
  readonly right: Source
  readonly on: Expression | null
}

export type Source = TableSource | QuerySource | JoinSource

export interface SelectItem {
  readonly value: Expression
  readonly alias: string | null
}

export interface Select extends Placed {
  readonly kind: 'select'
  readonly isDistinct: boolean
  readonly items: readonly SelectItem[]
  readonly from: Source | null
  readonly where: Expression | null
  readonly group: readonly Expression[]
  readonly having: Expression | null
}

export interface SetOperation extends Placed {
  readonly kind: 'set'
  readonly operator: 'union' | 'except' | 'intersect'
  readonly isAll: boolean
  readonly left: QueryBody
  readonly right: QueryBody
}

export type QueryBody = Select | SetOperation | Query

export interface CommonTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly query: Query
}

export interface Query extends Placed {
  readonly kind: 'query'
  readonly isRecursive: boolean
  readonly commonTables: readonly CommonTable[]
  readonly body: QueryBody
  readonly order: readonly SortKey[]
  readonly limit: Expression | null
  readonly offset: Expression | null
}
