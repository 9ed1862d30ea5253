import type { Terminal } from '../cli/terminal.ts'
import type { Engine } from '../engine/engine.ts'
import { runningLines } from '../engine/report.ts'
import type { DemoSummary } from './demo.ts'
import type { DemoStage } from './stage.ts'

export function demoLines(terminal: Terminal, { receiver, workload }: DemoStage, engine: Engine): string[] {
  const { first, resent, latency } = receiver.stats()
  const { changes, transactions, rolledBack } = workload.stats()
  const dim = (text: string): string => terminal.paint('dim', text)
  return [
    `${terminal.paint('bold', 'Millrace')}  ${dim('a shop in Postgres → log → live SQL → signed webhooks, proven')}`,
    ...runningLines(terminal, engine),
    `Shop      ${changes} changes in ${transactions} transactions, ${rolledBack} rolled back`,
    `Receiver  ${first} events verified, ${resent} sent again; commit to verified ${round(latency.p50Ms)} ms, p99 ${round(latency.p99Ms)} ms`,
    dim('Ctrl-C ends everything.'),
  ]
}

export function summaryLines(terminal: Terminal, summary: DemoSummary): string[] {
  const { captured, delivered, lost, duplicated, proof, lagMs } = summary
  const right = lost === 0 && duplicated === 0 && proof === 'equal'
  return [
    '',
    `${right ? terminal.paint('green', '●') : terminal.paint('red', '●')} ${captured} changes captured, ${delivered} events delivered; ${lost} lost, ${duplicated} repeated.`,
    `  Live against batch: ${proof}. From commit to verified webhook: ${lagMs.p50} ms (p50), ${lagMs.p99} ms (p99).`,
    '  Now your own: npx millrace init shop && cd shop && npx millrace dev',
  ]
}

function round(value: number | null): string {
  return value === null ? '–' : value.toFixed(0)
}
