/**
 * The whole thread, in one process, over real parts: `examples/shop` exactly as a user would run it, a
 * database that its workload writes to, and a receiver that checks every signature with code of others.
 */
import { systemRandom } from '@millrace/base'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { CommandContext } from '../cli/command.ts'
import { loadProject, type Project } from '../config/project.ts'
import { DEFAULT_PORT } from '../engine/defaults.ts'
import { Engine } from '../engine/engine.ts'
import { reportFailures } from '../engine/report.ts'
import { isPortFree } from '../engine/port.ts'
import { auditThread, type Audit, waitForAll } from './audit.ts'
import { demoLines, summaryLines } from './panel.ts'
import { type DemoStage, setDemoStage } from './stage.ts'

const SHOP = fileURLToPath(new URL('../../../../examples/shop', import.meta.url))
const RATE_PER_SECOND = 200
const PROOF_PAUSE_MS = 4000

export interface DemoSummary extends Audit {
  readonly lagMs: { readonly p50: number; readonly p99: number }
}

/** Runs until the seconds are over or Ctrl-C; null if it was interrupted before it had begun to work. */
export async function runDemo(context: CommandContext): Promise<DemoSummary | null> {
  const { terminal, options, clock, signal } = context
  const note = (line: string): void => {
    if (!terminal.json) terminal.note(terminal.paint('dim', line))
  }
  const stage = await setDemoStage({
    seed: numberOr(options['seed'], 1),
    ratePerSecond: numberOr(options['rate'], RATE_PER_SECOND),
    clock,
    keep: options['keep'] === true,
    note,
  })
  let engine: Engine | null = null
  try {
    engine = await Engine.start({
      project: await demoProject(stage),
      clock,
      random: systemRandom,
      port: await demoPort(options['port']),
      proofPauseMs: PROOF_PAUSE_MS,
      onFailure: reportFailures(terminal),
    })
    if (terminal.json) terminal.value({ event: 'ready', console: engine.url })
    note('Taking a consistent snapshot…')
    await waitForAll({ engine, stage, expected: stage.seeded, clock, signal })
    stage.receiver.resetLatency()
    if (signal.aborted) return null
    await work(context, stage, engine)
    return await endWithSummary(context, stage, engine)
  } finally {
    terminal.endPanel()
    await engine?.stop()
    await stage.end()
    if (options['keep'] === true) terminal.note(`Kept: ${stage.folder}`)
  }
}

/** Writes to the shop and shows what happens, until the time is over or Ctrl-C. */
async function work({ terminal, options, clock, signal }: CommandContext, stage: DemoStage, engine: Engine): Promise<void> {
  const stop = new AbortController()
  const running = stage.workload.run(stop.signal)
  const seconds = options['seconds']
  const startedMs = clock.monotonicMs()
  const endMs = typeof seconds === 'number' ? startedMs + seconds * 1000 : Infinity
  let plainAtMs = startedMs
  while (!signal.aborted && clock.monotonicMs() < endMs) {
    const nowMs = clock.monotonicMs()
    if (terminal.live) terminal.panel(demoLines(terminal, stage, engine))
    else if (nowMs >= plainAtMs) {
      plainAtMs += 5000
      if (terminal.json) terminal.value({ event: 'status', ...engine.api.overview() })
      else for (const line of demoLines(terminal, stage, engine)) terminal.note(line)
    }
    await clock.sleep(Math.min(500, endMs - nowMs), signal).catch(() => undefined)
  }
  stop.abort()
  await running
}

/** Lets the last change arrive, counts, proves, and says what came of it. */
async function endWithSummary({ terminal, clock }: CommandContext, stage: DemoStage, engine: Engine): Promise<DemoSummary> {
  const expected = stage.seeded + stage.workload.stats().changes
  if (!terminal.json) terminal.note('Letting the last change arrive…')
  await waitForAll({ engine, stage, expected, clock, signal: AbortSignal.timeout(60_000) })
  const { latency } = stage.receiver.stats()
  const audit = await auditThread({ engine, stage, expected })
  const { captured, delivered, lost, duplicated, proof, ...details } = audit
  const lagMs = { p50: round(latency.p50Ms ?? 0), p99: round(latency.p99Ms ?? 0) }
  const summary: DemoSummary = { captured, delivered, lost, duplicated, proof, lagMs, ...details }
  if (terminal.json) terminal.value(summary)
  else for (const line of summaryLines(terminal, summary)) terminal.out(line)
  return summary
}

/** `examples/shop` with a store of the demo's own. */
async function demoProject({ folder }: DemoStage): Promise<Project> {
  const project = await loadProject(SHOP)
  return { ...project, storePath: join(folder, 'store.db') }
}

async function demoPort(asked: unknown): Promise<number> {
  if (typeof asked === 'number') return asked
  return (await isPortFree('127.0.0.1', DEFAULT_PORT)) ? DEFAULT_PORT : 0
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
