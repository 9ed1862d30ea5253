/** What `millrace advise --source` tells of a Postgres source. */
import { adviseIndexes, type IndexAdvice } from '@millrace/capture'
import { MillraceError } from '@millrace/base'
import type { Terminal } from '../cli/terminal.ts'
import type { Project } from '../config/project.ts'

export interface SourceQuestion {
  readonly source: string
  /** Statements that are to be fast. */
  readonly statements: readonly string[]
  readonly measure: boolean
}

const PAINT = {
  'missing index': 'yellow',
  'unused index': 'yellow',
  'bloated index': 'yellow',
  'bloated table': 'yellow',
  'read whole': 'dim',
} as const

export async function adviseSource(terminal: Terminal, project: Project, { source, statements, measure }: SourceQuestion): Promise<void> {
  const config = project.config.sources?.[source]
  if (config?.kind !== 'postgres') {
    const known = Object.entries(project.config.sources ?? {}).flatMap(([name, { kind }]) => (kind === 'postgres' ? [name] : []))
    const problem = `There is no Postgres source '${source}'; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ') || 'none'}.`
    throw new MillraceError('USAGE', { details: { problem, command: 'advise' } })
  }
  const advice = await adviseIndexes({ name: source, config, statements, measure })
  for (const each of advice) {
    if (terminal.json) terminal.value({ source, ...each })
    else show(terminal, each)
  }
  if (advice.length === 0 && !terminal.json)
    terminal.out(`${source}: no index is missing, unused or bloated, as far as its statistics tell.`)
}

function show(terminal: Terminal, { kind, table, index, detail, statement, bytes, effect }: IndexAdvice): void {
  terminal.out(`${terminal.paint(PAINT[kind], kind)}  ${terminal.paint('bold', index ?? table)}  ${detail}`)
  if (effect !== null) {
    const { cost, ms, by, statements } = effect
    const took = ms === null ? '' : `, ${ms.before.toFixed(2)} → ${ms.after.toFixed(2)} ms`
    const of = statements.length === 1 ? 'one statement' : `${statements.length} statements`
    terminal.out(`  ${by}, of ${of}: cost ${cost.before.toFixed(0)} → ${cost.after.toFixed(0)}${took}`)
  }
  if (statement !== null) terminal.out(`  ${statement}`)
  if (bytes !== 0) terminal.out(`  ${bytes > 0 ? 'frees' : 'takes'} ${(Math.abs(bytes) / 1e6).toFixed(1)} MB`)
}
