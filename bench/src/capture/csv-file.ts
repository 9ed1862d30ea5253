/** The file that both readers read: numbers, amounts, dates, texts, and a quoted text with quotes in it in every tenth row. */
import type { CsvFormat } from '@millrace/core'
import { open } from 'node:fs/promises'

export const CSV_FORMAT: CsvFormat = {
  type: 'csv',
  columns: {
    id: 'int64',
    customer: 'int64',
    amount: 'decimal(12,2)',
    day: 'date',
    at: 'timestamp',
    city: 'text',
    note: 'text',
    active: 'boolean',
    score: 'float64',
  },
}

export const CSV_HEADER = `${Object.keys(CSV_FORMAT.columns ?? {}).join(',')}\n`
const CITIES = ['Hamburg', 'Berlin', 'Paris', 'San Francisco', 'Roma', 'Kyoto']
const PIECE_ROWS = 10_000

export async function writeCsvFile(path: string, rows: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.write(CSV_HEADER)
    for (let first = 0; first < rows; first += PIECE_ROWS) await file.write(csvRows(first, Math.min(first + PIECE_ROWS, rows)))
  } finally {
    await file.close()
  }
}

export function csvRows(first: number, end: number): string {
  const lines: string[] = []
  for (let row = first; row < end; row += 1) lines.push(csvRow(row))
  return lines.join('')
}

/** The same row for the same number, always; its figures are spread as a random generator would spread them. */
function csvRow(row: number): string {
  const spread = (salt: number, below: number): number =>
    Math.floor((((row + 1) * 2_654_435_761 + salt * 40_503) % 4_294_967_296) / (4_294_967_296 / below))
  const note = row % 10 === 0 ? `"a ""quoted"" note, number ${row}"` : `plain note number ${row} of the file`
  const day = `2024-${two(1 + spread(1, 12))}-${two(1 + spread(2, 28))}`
  const at = `2024-05-${two(1 + spread(3, 28))} ${two(spread(4, 24))}:${two(spread(5, 60))}:${two(spread(6, 60))}`
  const amount = (spread(7, 1_000_000) / 100).toFixed(2)
  const score = (spread(8, 1_000_000) / 1_000_000).toFixed(6)
  return `${row},${spread(9, 1_000_000)},${amount},${day},${at},${CITIES[spread(10, 6)] ?? ''},${note},${spread(11, 2) === 1},${score}\n`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
