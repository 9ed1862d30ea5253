/** What `millrace skew --graph` tells. */
import type { GraphKey, GraphSkew, GraphUse, LeftOutWhy } from '@millrace/batch'
import { hotText, keyName, slowestText } from './show-skew.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const KEYS_SHOWN = 20
const MODELS_SHOWN = 20

export function showGraphSkew(terminal: Terminal, found: GraphSkew, { rowsLeast }: { readonly rowsLeast: number }): void {
  const { environment, engine, shards, models, uses, measured, even, keys, slowed, leftOut } = found
  const text = (count: number): string => count.toLocaleString('en-US')
  terminal.out(
    `${terminal.paint('bold', environment)}  ${text(models)} models join and group ${text(uses)} times; of ${text(measured)} keys that were counted ` +
      `${text(even)} lie evenly over ${shards} shards of ${engine}`,
  )
  if (keys.length > 0) {
    terminal.out('')
    showKeys(terminal, keys)
    terminal.out('')
    showSlowed(terminal, slowed)
  }
  const reasons = [...Map.groupBy(leftOut, ({ why }) => why)].map(([why, each]) => `${text(each.length)} ${WHY[why](rowsLeast)}`)
  if (reasons.length > 0) terminal.out(terminal.paint('dim', `not counted: ${reasons.join('; ')}`))
  for (const { relation, columns, problem } of leftOut)
    if (problem !== null) terminal.out(`  ${relation} by ${columns.join(', ')}: ${problem}`)
  const [worst] = keys
  if (worst !== undefined)
    terminal.note(
      terminal.paint(
        'dim',
        `millrace skew ${worst.relation} --env ${environment} --engine ${engine} --shards ${shards}  tells more of one; --statements how to lay it`,
      ),
    )
}

const WHY: Readonly<Record<LeftOutWhy, (rowsLeast: number) => string>> = {
  small: (rowsLeast) => `of fewer than ${rowsLeast.toLocaleString('en-US')} rows (--rows)`,
  'not published': () => 'not published as models read them now (`millrace run`)',
  elsewhere: () => 'whose rows lie on a server',
  'not placed': () => 'by which this engine cannot spread',
  'no time': () => 'for which no time was left (--seconds)',
  failed: () => 'that could not be counted',
}

function showKeys(terminal: Terminal, keys: readonly GraphKey[]): void {
  const titles = ['key', 'rows', 'most frequent', 'fullest shard', 'with a salt', 'later by', 'best for all'].map((title) => ({ title }))
  const lines = keys
    .slice(0, KEYS_SHOWN)
    .map(({ relation, columns, rows, hottest, slowest, salt, late, best }) => [
      `${relation} by ${columns.join(', ')}`,
      rows.toLocaleString('en-US'),
      hottest.slice(0, 2).map(hotText).join('  '),
      slowestText(terminal, slowest.before),
      salt === null ? 'none helps' : `${slowestText(terminal, slowest.after)}: ${salt.parts} parts for ${salt.hot}`,
      `${secondsText(late.before.seconds)} → ${secondsText(late.after.seconds)}`,
      best === null ? '' : keyName(best),
    ])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  if (keys.length > KEYS_SHOWN) terminal.out(terminal.paint('dim', `${keys.length - KEYS_SHOWN} more keys: --json`))
  for (const { relation, columns, madeOf } of keys.slice(0, KEYS_SHOWN))
    if (madeOf !== null) terminal.out(terminal.paint('dim', `${relation}.${columns[0]} is made of ${madeOf.relation}.${madeOf.column}`))
}

function showSlowed(terminal: Terminal, slowed: GraphSkew['slowed']): void {
  const titles = ['model', 'took', 'later by', 'because it'].map((title) => ({ title }))
  const lines = slowed
    .slice(0, MODELS_SHOWN)
    .map(({ model, seconds, late, worst }) => [
      model,
      secondsText(seconds),
      `${secondsText(late.before.seconds)} → ${secondsText(late.after.seconds)}`,
      useText(worst),
    ])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  if (slowed.length > MODELS_SHOWN) terminal.out(terminal.paint('dim', `${slowed.length - MODELS_SHOWN} more models: --json`))
}

function useText({ does, relation, columns, with: other, slowest, rowsOut }: GraphUse): string {
  const what = other === null ? `${does === 'group' ? 'groups' : 'partitions'} ${relation}` : `joins ${relation} with ${other.relation}`
  const out = rowsOut === null ? '' : `, ${rowsOut.toLocaleString('en-US')} rows out`
  return `${what} by ${columns.join(', ')}: ${slowest.before.toFixed(1)} → ${slowest.after.toFixed(1)}${out}`
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`
}
