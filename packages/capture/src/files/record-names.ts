import type { FileFormat } from '@millrace/core'

/** The types of record that a file of this format yields; null stands for the one that needs no name. */
export function recordsOf(format: FileFormat): readonly (string | null)[] {
  if (format.type !== 'fixed-width') return [null]
  const data = Object.entries(format.layouts).filter(([, layout]) => (layout.role ?? 'data') === 'data')
  return data.length === 1 ? [null] : data.map(([name]) => name)
}
