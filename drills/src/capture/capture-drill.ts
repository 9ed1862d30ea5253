/**
 * Runs the cases that broke somebody, one after another, on a real server. A case that fails tells what
 * was seen; the others go on. One that hangs is told as failed at its time limit.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeError } from '@millrace/base'
import { type Postgres, startPostgres } from '@millrace/testing'
import type { DrillCase } from './drill-case.ts'

export interface CaseOutcome {
  readonly number: number
  readonly name: string
  readonly survived: boolean
  readonly seconds: number
  /** What was measured, where the case was survived. */
  readonly evidence?: Readonly<Record<string, string | number | boolean>>
  readonly error?: string
}

export interface CaptureOutcome {
  readonly cases: readonly CaseOutcome[]
  readonly failed: number
  /** Cases that need a server which npm does not bring, and the command that runs them. */
  readonly elsewhere: readonly string[]
  readonly seconds: number
}

export interface CaptureDrillOptions {
  readonly cases: readonly DrillCase[]
  /** Also those that need MariaDB. */
  readonly mariadb: boolean
  readonly note: (line: string) => void
}

export const CASE_SECONDS_MAX = 300

export async function captureDrill({ cases, mariadb, note }: CaptureDrillOptions): Promise<CaptureOutcome> {
  const began = performance.now()
  const runnable = cases.filter(({ needs }) => needs === 'postgres' || mariadb)
  const outcomes: CaseOutcome[] = []
  const postgres = await startPostgres()
  try {
    for (const each of runnable) {
      const outcome = await runCase(each, postgres)
      outcomes.push(outcome)
      note(`${outcome.survived ? 'survived' : 'FAILED  '}  ${String(each.number).padStart(2)}  ${each.name}  (${outcome.seconds} s)`)
      if (outcome.error !== undefined) note(`          ${outcome.error}`)
    }
  } finally {
    await postgres.stop()
  }
  return {
    cases: outcomes,
    failed: outcomes.filter(({ survived }) => !survived).length,
    elsewhere: cases.filter((each) => !runnable.includes(each)).map(({ number, name }) => `${number} ${name}: npm run test:engines`),
    seconds: secondsSince(began),
  }
}

/** One case on its own ground, which is cleared away whatever happens. */
export async function runCase(drillCase: DrillCase, postgres: Postgres): Promise<CaseOutcome> {
  const { number, name } = drillCase
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-drill-'))
  const others: Postgres[] = []
  const another = async (): Promise<Postgres> => {
    const server = await startPostgres()
    others.push(server)
    return server
  }
  try {
    const signal = AbortSignal.timeout(CASE_SECONDS_MAX * 1000)
    const evidence = await Promise.race([drillCase.run({ postgres, another, folder, signal }), hangs(signal)])
    return { number, name, survived: true, seconds: secondsSince(began), evidence }
  } catch (error) {
    return { number, name, survived: false, seconds: secondsSince(began), error: describeError(error) }
  } finally {
    for (const server of others) await server.stop().catch(() => undefined)
    rmSync(folder, { recursive: true, force: true })
  }
}

function hangs(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`it did not end within ${CASE_SECONDS_MAX} s`)), { once: true })
  })
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 100) / 10
}
