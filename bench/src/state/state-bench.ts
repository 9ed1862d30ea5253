import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'
import type { Ran, Started, StateOrder } from './state-process.ts'
import { type FormName, FORMS } from './state-workload.ts'

const FILE = fileURLToPath(new URL('state-process.ts', import.meta.url))
/** How many times the limit the state is. */
const FACTORS = [0.5, 2, 5] as const
/** A start may take so many times the memory of running. */
const START_MEMORY_MOST = 1.5

interface StateRow extends Ran {
  readonly form: FormName
  readonly limitMb: number | null
  readonly orders: number
  readonly start: Started
}

export interface StateOutcome {
  readonly rows: readonly StateRow[]
  readonly problems: readonly string[]
}

interface StateSettings {
  readonly forms: readonly FormName[]
  readonly megabytes: number
  readonly seed: number
  readonly note: (text: string) => void
}

export async function stateBench({ forms, megabytes, seed, note }: StateSettings): Promise<StateOutcome> {
  const rows: StateRow[] = []
  const plans = forms.flatMap((form): StatePlan[] => {
    const orders = (factor: number): number => Math.round((megabytes * 1e6 * factor) / FORMS[form].orderBytes)
    const limited = FACTORS.map((factor) => ({ form, limitMb: megabytes, orders: orders(factor) }))
    return [...limited, { form, limitMb: null, orders: orders(Math.max(...FACTORS)) }]
  })
  for (const plan of plans) {
    note(`${plan.form}: ${plan.orders} orders, ${plan.limitMb === null ? 'no limit' : `${plan.limitMb} MB`}`)
    rows.push(await measured(plan, seed))
  }
  return { rows, problems: rows.flatMap(problemsOf) }
}

type StatePlan = Pick<StateRow, 'form' | 'limitMb' | 'orders'>

async function measured({ form, limitMb, orders }: StatePlan, seed: number): Promise<StateRow> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-state-'))
  try {
    const order: StateOrder = { form, store: join(folder, 'store.db'), orders, bytesLimit: limitMb === null ? null : limitMb * 1e6, seed }
    const child = { file: FILE, flags: ['--disable-warning=ExperimentalWarning'] }
    const ran = await runChild<Ran>({ ...child, order: { ...order, action: 'run' } })
    const start = await runChild<Started>({ ...child, order: { ...order, action: 'start' } })
    return { form, limitMb, orders, ...ran, start }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function problemsOf({ form, limitMb, orders, isRight, stateMb, peakMb, start }: StateRow): readonly string[] {
  const problems: string[] = []
  if (!isRight) problems.push(`${form}: with ${orders} orders the model says something else than its rows`)
  if (limitMb !== null && stateMb > limitMb * 1.05) problems.push(`${form}: with ${orders} orders the state takes ${stateMb.toFixed(0)} MB`)
  if (start.peakMb > peakMb * START_MEMORY_MOST) problems.push(`${form}: with ${orders} orders a start takes ${start.peakMb.toFixed(0)} MB`)
  return problems
}

export function stateText({ rows, problems }: StateOutcome): string {
  const lines = rows.map(({ form, limitMb, orders, growPerSecond, newPerSecond, anyPerSecond, stateMb, spilledMb, peakMb, start }) => {
    const limit = limitMb === null ? 'no limit' : `${limitMb} MB`
    const speed = `grows ${growPerSecond}/s, new rows change ${newPerSecond}/s, any ${anyPerSecond}/s`
    const memory = `state ${stateMb.toFixed(1)} MB in memory, ${spilledMb.toFixed(1)} MB of the model's own spilled, process ${peakMb.toFixed(0)} MB`
    return `${form}, ${limit}, ${orders} orders: ${speed}; ${memory}; start ${start.seconds.toFixed(1)} s, ${start.peakMb.toFixed(0)} MB`
  })
  return [...lines, ...problems].join('\n')
}
