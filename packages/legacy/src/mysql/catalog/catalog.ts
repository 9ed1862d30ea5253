/** What the catalog of MySQL or MariaDB tells of tables and views. */

/** What is known of the texts in a column, by looking at every row of it. */
export interface TextFacts {
  /** Which letters are one, and whether blanks at the end count. */
  readonly collation: Collation
  /** Only printable letters of ASCII. */
  readonly isAscii: boolean
  readonly isLower: boolean
  readonly isUpper: boolean
  /** Some end in a blank. */
  readonly mayBePadded: boolean
  readonly hasBlanks: boolean
  /** No two different texts are equal by the collation. */
  readonly isCanonical: boolean
  /** Columns of tables on whose rows this rests. */
  readonly sources: readonly string[]
}

export interface Collation {
  readonly name: string
  /** Whether capital and small letters are one; null where it is not known how the collation compares. */
  readonly ignoresCase: boolean | null
  /** Whether printable ASCII stands in the order of its bytes, once its letters are capitals if case is ignored. */
  readonly isBinaryOrder: boolean
  readonly ignoresBlanksAtEnd: boolean
}

export interface CatalogColumn {
  readonly name: string
  /** `decimal`, as information_schema says it. */
  readonly dataType: string
  readonly columnType: string
  readonly precision: number
  readonly scale: number
  /** Digits of a second. */
  readonly fraction: number
  readonly isUnsigned: boolean
  readonly isNullable: boolean
  readonly collation: string | null
  /** Of a table's text column. */
  readonly facts: TextFacts | null
  /** Whether some of its dates are none: `0000-00-00`, `2024-02-31`. */
  readonly hasNoDates: boolean
}

export interface CatalogRelation {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly comment: string | null
  readonly columns: readonly CatalogColumn[]
  /** What the view says; null of a table, empty where the user may not read it. */
  readonly definition: string | null
  /** Collation of a view's own texts. */
  readonly collation: string
  /** Columns that are unique together and never NULL. */
  readonly keys: readonly (readonly string[])[]
}

export interface MysqlCatalog {
  readonly relations: ReadonlyMap<string, CatalogRelation>
  /** Digits that a division adds. */
  readonly divisionDigits: number
  /** Bytes at which GROUP_CONCAT cuts. */
  readonly concatBytesMax: number
  readonly isUtc: boolean
  readonly hasUnsignedSubtraction: boolean
}

export function relationKey(schema: string, name: string): string {
  return `${schema}\0${name}`
}
