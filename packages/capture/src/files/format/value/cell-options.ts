import type { Value } from '@millrace/core'

export type TextReader = (text: string) => Value | undefined

export interface CellOptions {
  readonly decimalSeparator?: '.' | ',' | undefined
  readonly thousandsSeparator?: string | undefined
  readonly booleans?: { readonly true: readonly string[]; readonly false: readonly string[] } | undefined
  readonly format?: string | undefined
  /** For errors: what people call the file. */
  readonly name: string
}
