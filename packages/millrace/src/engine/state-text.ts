import type { Report } from '@millrace/watch'

/** What a model's state takes: in memory, and what of it is in the scratch file. Nothing for what has no state. */
export function stateText({ evidence }: Pick<Report, 'evidence'>): string {
  const [held, spilled] = [evidence['stateBytes'], evidence['stateBytesSpilled']]
  if (typeof held !== 'number' || typeof spilled !== 'number') return ''
  return spilled === 0 ? megabytes(held) : `${megabytes(held)} + ${megabytes(spilled)} spilled`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
