/** What `millrace skew` tells of one relation. */
import { type KeyReport, type SkewReport, UNEVEN, type UseReport } from '@millrace/batch'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const KEYS_SHOWN = 8
const BAR_WIDTH = 24

/** `asked`: what was typed to see it, without options that choose keys and shards. */
export function showSkew(terminal: Terminal, report: SkewReport, asked: string): void {
  const { relation, rows, engine, shards, keys, uses } = report
  terminal.out(`${terminal.paint('bold', relation)}  ${rows.toLocaleString('en-US')} rows over ${shards} shards of ${engine}`)
  const [best] = keys
  if (best === undefined) {
    terminal.out(`  ${engine} cannot spread it by any of the keys that were tried.`)
    return
  }
  const titles = ['key', 'values', 'fullest shard', 'most frequent', 'serves'].map((title) => ({ title }))
  const lines = keys
    .slice(0, KEYS_SHOWN)
    .map((key) => [
      keyName(key),
      key.distinct.toLocaleString('en-US'),
      slowestText(terminal, key.slowest),
      key.hottest.slice(0, 2).map(hotText).join('  '),
      key.serves.join(', '),
    ])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(`  ${line}`)
  for (const use of uses.filter(({ slowest }) => slowest > UNEVEN)) terminal.out(`  ${useLine(terminal, use)}`)
  const worst = keys.findLast((key) => key.salt === null)
  if (worst !== undefined && worst !== best && worst.slowest > UNEVEN) {
    terminal.out(`  before  by ${keyName(worst)}`)
    for (const line of bars(worst.loads)) terminal.out(`    ${line}`)
    terminal.out(`  after   by ${keyName(best)}`)
    for (const line of bars(best.loads)) terminal.out(`    ${line}`)
  }
  terminal.note(
    terminal.paint(
      'dim',
      `  millrace skew ${asked} --engine ${engine} --shards ${shards} --statements  tells how to lay it by ${keyName(best)}`,
    ),
  )
  terminal.out('')
}

const BARS_SHOWN = 8

export function slowestText(terminal: Terminal, slowest: number): string {
  return terminal.paint(slowest > 2 ? 'red' : slowest > UNEVEN ? 'yellow' : 'green', `${slowest.toFixed(2)} × an even share`)
}

export function keyName({ columns, salt }: Pick<KeyReport, 'columns' | 'salt'>): string {
  return `${columns.join(', ')}${salt === null ? '' : ` + salt ${salt.parts} for ${salt.hot}`}`
}

function useLine(terminal: Terminal, { model, does, columns, with: other, slowest, rowsOut, hottestShare }: UseReport): string {
  const what = other === null ? `${does}s by` : `joins ${other.relation} by`
  const out = rowsOut === null ? '' : `, ${rowsOut.toLocaleString('en-US')} rows out, ${percent(hottestShare ?? 0)} of them of one value`
  return `${terminal.paint('yellow', model)} ${what} ${columns.join(', ')}: its slowest shard does ${slowest.toFixed(1)} × an even share${out}`
}

/** The fullest shards, as bars of one scale. */
function bars(loads: readonly number[]): readonly string[] {
  const sorted = [...loads].sort((one, other) => other - one)
  const most = sorted[0] ?? 0
  return sorted
    .slice(0, BARS_SHOWN)
    .map(
      (load) =>
        `${'█'.repeat(most === 0 ? 0 : Math.max(1, Math.round((load / most) * BAR_WIDTH))).padEnd(BAR_WIDTH)} ${Math.round(load).toLocaleString('en-US')}`,
    )
}

export function hotText({ key, share }: KeyReport['hottest'][number]): string {
  return `${key.map((value) => (value === '' ? "''" : (value ?? 'NULL'))).join(', ')} ${percent(share)}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
