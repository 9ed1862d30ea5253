/** Capture's speed and cost, each beside its peer or its limit in the same run, and which goals it meets. */
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from 'millrace/node-flags'
import { runChild } from '../run-child.ts'
import type { Figures } from './figures.ts'
import { type Verdict, verdicts } from './goals.ts'
import { type SectionName, SECTIONS } from './sections.ts'

const SECTION = fileURLToPath(new URL('./section-process.ts', import.meta.url))

export interface CaptureBenchOptions {
  readonly rounds: number
  readonly quick: boolean
  readonly sections: readonly SectionName[]
  readonly note: (line: string) => void
}

export interface CaptureBenchOutcome {
  readonly sections: Readonly<Partial<Record<SectionName, Figures>>>
  readonly goals: readonly Verdict[]
  readonly goalsMet: number
  readonly goalsMissed: number
  /** Sections that could not be measured, and why. */
  readonly failed: Readonly<Partial<Record<SectionName, string>>>
  readonly rounds: number
  readonly cores: number
  readonly seconds: number
}

export async function captureBench({ rounds, quick, sections: asked, note }: CaptureBenchOptions): Promise<CaptureBenchOutcome> {
  const beganMs = performance.now()
  const sections: Partial<Record<SectionName, Figures>> = {}
  const failed: Partial<Record<SectionName, string>> = {}
  for (const section of SECTIONS.filter((name) => asked.includes(name))) {
    try {
      sections[section] = await runChild<Figures>({ file: SECTION, flags: NODE_FLAGS, order: { section, rounds, quick } })
    } catch (error) {
      failed[section] = error instanceof Error ? error.message : String(error)
      note(`${section} could not be measured: ${failed[section]}`)
    }
  }
  const goals = verdicts(sections)
  return {
    sections,
    goals,
    goalsMet: goals.filter(({ met }) => met).length,
    goalsMissed: goals.filter(({ met }) => !met).length,
    failed,
    rounds,
    cores: cpus().length,
    seconds: Math.round((performance.now() - beganMs) / 1000),
  }
}

/** For people: every figure in its section, then the goals. */
export function captureText({ sections, goals, failed, rounds, cores, seconds }: CaptureBenchOutcome): string {
  const tables = Object.entries(sections).map(([section, figures]) => {
    const rows = Object.entries(figures).map(([name, value]) => `  ${inWords(name).padEnd(40)}${value.toLocaleString('en').padStart(14)}`)
    return [section, ...rows].join('\n')
  })
  const met = goals.map(({ section, goal, figures, met: isMet }) => {
    const seen = Object.values(figures).join(', ')
    return `  ${isMet ? 'met   ' : 'MISSED'}  ${section}: ${goal} (${seen})`
  })
  const problems = Object.entries(failed).map(([section, why]) => `  FAILED  ${section}: ${why}`)
  return [...tables, ['goals', ...met, ...problems].join('\n'), `medians of ${rounds} rounds, ${cores} cores, ${seconds} s`].join('\n\n')
}

/** `decodedOfCeiling` → `decoded of ceiling`. */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
