/** The parts of this bench. Each runs in a process of its own, so that none inherits another's heap. */
import type { Figures } from './figures.ts'

export const SECTIONS = ['postgres', 'snapshot', 'csv', 'agent', 'mariadb'] as const
export type SectionName = (typeof SECTIONS)[number]

export interface SectionOrder {
  readonly section: SectionName
  readonly rounds: number
  readonly quick: boolean
}

type Note = (line: string) => void
type Section = (order: SectionOrder, note: Note) => Promise<Figures>

export const WORK: Readonly<Record<SectionName, Section>> = {
  async postgres({ rounds, quick }, note) {
    const { postgresBench } = await import('./postgres-bench.ts')
    return postgresBench({ rounds, changes: quick ? 150_000 : 2_000_000, note })
  },
  async snapshot({ rounds, quick }, note) {
    const { snapshotBench } = await import('./snapshot-bench.ts')
    return snapshotBench({ rounds, rows: quick ? 200_000 : 2_000_000, note })
  },
  async csv({ rounds, quick }, note) {
    const { csvBench } = await import('./csv.ts')
    return csvBench({ rounds, rows: quick ? 200_000 : 2_000_000, note })
  },
  async agent({ rounds, quick }, note) {
    const { agentBench } = await import('./agent.ts')
    return agentBench({ rounds, events: quick ? 100_000 : 1_000_000, note })
  },
  async mariadb({ rounds, quick }, note) {
    const { mariadbBench } = await import('./mariadb.ts')
    return mariadbBench({ rounds, rows: quick ? 100_000 : 1_000_000, note })
  },
}
