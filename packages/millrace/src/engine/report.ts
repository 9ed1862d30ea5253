/** What a running project shows in a terminal: one calm panel, redrawn in place. */
import type { Report } from '@millrace/watch'
import { showError } from '../cli/show-error.ts'
import { tableLines } from '../cli/table.ts'
import type { Style, Terminal } from '../cli/terminal.ts'
import type { Engine } from './engine.ts'
import { stateText } from './state-text.ts'

export const VERDICT_STYLE: Readonly<Record<Report['verdict'], Style>> = {
  flowing: 'green',
  quiet: 'cyan',
  lagging: 'yellow',
  stalled: 'red',
  dead: 'red',
  unknown: 'magenta',
}

export function reportFailures(terminal: Terminal): (name: string, error: Error) => void {
  return (_name, error) => showError(terminal, error)
}

export function runningLines(terminal: Terminal, engine: Engine): string[] {
  const { answer, proofs, cut } = engine.api.overview()
  const style = answer.trust === 'yes' ? 'green' : answer.trust === 'wait' ? 'yellow' : 'red'
  const proven = proofs.map(({ model, verdict, cut: at }) => `${model} ${verdict}${at === null ? '' : ` at ${at}`}`)
  return [
    '',
    `${terminal.paint(style, '●')} ${terminal.paint('bold', answer.headline)}  ${terminal.paint('dim', `cut ${cut}`)}`,
    '',
    ...reportLines(terminal, engine.api.graph().nodes),
    '',
    `Proof    ${proven.length === 0 ? 'no models' : proven.join(', ')}`,
    `Console  ${terminal.paint('cyan', engine.url)}`,
    '',
  ]
}

export function reportLines(terminal: Terminal, reports: readonly Report[]): string[] {
  const rows = reports.map((report) => [
    report.kind,
    terminal.paint('bold', report.name),
    terminal.paint(VERDICT_STYLE[report.verdict], report.verdict),
    whole(report.rate.perSecond10),
    whole(report.changes),
    report.lag.nowMs === null ? '' : `${whole(report.lag.nowMs)} ms`,
    report.backlog === null ? '' : whole(report.backlog),
    stateText(report),
  ])
  return tableLines(
    terminal,
    [
      { title: '' },
      { title: 'name' },
      { title: 'verdict' },
      { title: 'per second', align: 'right' },
      { title: 'changes', align: 'right' },
      { title: 'lag', align: 'right' },
      { title: 'waiting', align: 'right' },
      { title: 'state', align: 'right' },
    ],
    rows,
  )
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
