import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'
import type { BurstOrder, Ran } from './burst-process.ts'

const FILE = fileURLToPath(new URL('burst-process.ts', import.meta.url))

interface BurstRow extends Ran {
  readonly way: 'in slices' | 'at once'
}

export interface BurstOutcome {
  readonly rows: readonly BurstRow[]
  readonly problems: readonly string[]
}

interface BurstSettings {
  readonly rows: number
  readonly megabytes: number
  readonly note: (text: string) => void
}

export async function burstBench({ rows, megabytes, note }: BurstSettings): Promise<BurstOutcome> {
  const measured: BurstRow[] = []
  for (const way of ['in slices', 'at once'] as const) {
    note(`${rows} rows, ${way}`)
    measured.push({ way, ...(await ran({ rows, bytesLimit: megabytes * 1e6, isSliced: way === 'in slices' })) })
  }
  return { rows: measured, problems: measured.flatMap(({ way, problem }) => (problem === null ? [] : [`${way}: ${problem}`])) }
}

async function ran(settings: Omit<BurstOrder, 'store' | 'action'>): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-burst-'))
  try {
    const child = { file: FILE, flags: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=8192'] }
    const order = { ...settings, store: join(folder, 'store.db') }
    await runChild<object>({ ...child, order: { ...order, action: 'write' } satisfies BurstOrder })
    return await runChild<Ran>({ ...child, order: { ...order, action: 'run' } satisfies BurstOrder })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function burstText({ rows, problems }: BurstOutcome): string {
  const lines = rows.map(({ way, seconds, idleMb, peakMb, stateMb, told, waits }) => {
    const memory = `${idleMb.toFixed(0)} MB before, ${peakMb.toFixed(0)} MB at most, state ${stateMb.toFixed(0)} MB`
    const others = `another model's ${waits.count} changes: p50 ${waits.p50Ms} ms, p99 ${waits.p99Ms} ms, at most ${waits.mostMs} ms`
    return `${way}: ${seconds.toFixed(1)} s, ${told} rows told; ${memory}; ${others}`
  })
  return [...lines, ...problems].join('\n')
}
