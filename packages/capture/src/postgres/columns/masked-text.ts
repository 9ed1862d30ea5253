import type { Table } from '../catalog/table.ts'

/** A cell's text as it may be shown: for what is told of a row outside its columns, a parked record above all. */
export function maskedText({ masks }: Pick<Table, 'masks'>, column: number, text: string): string {
  return masks?.[column]?.apply(text) ?? text
}
