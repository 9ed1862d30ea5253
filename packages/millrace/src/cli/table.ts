import { type Terminal, visibleWidth } from './terminal.ts'

export interface TableColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Rows under titles, each column as wide as its widest cell, up to `cellWidthLimit`. */
export function tableLines(terminal: Terminal, columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] {
  const cellWidthLimit = 60
  const clipped = rows.map((row) =>
    row.map((cell) => (visibleWidth(cell) > cellWidthLimit ? `${cell.slice(0, cellWidthLimit - 1)}…` : cell)),
  )
  const widths = columns.map((column, at) => Math.max(column.title.length, ...clipped.map((row) => visibleWidth(row[at] ?? ''))))
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, at) => pad(cells[at] ?? '', widths[at] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd()
  return [terminal.paint('dim', line(columns.map((column) => column.title))), ...clipped.map(line)]
}

export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visibleWidth(text)))
  return align === 'left' ? text + space : space + text
}
