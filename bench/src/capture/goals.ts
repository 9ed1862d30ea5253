/** What this bench's figures are held to. */
import type { Figures } from './figures.ts'
import type { SectionName } from './sections.ts'

interface Goal {
  readonly section: SectionName
  readonly says: string
  /** Met where any of them is: the goal names alternatives. */
  readonly any: readonly { readonly figure: string; readonly atLeast?: number; readonly atMost?: number }[]
}

const GOALS: readonly Goal[] = [
  { section: 'postgres', says: 'stream to decoded batches, of the raw socket', any: [{ figure: 'decodedOfCeiling', atLeast: 0.85 }] },
  { section: 'postgres', says: 'stream to the durable log, of the raw socket', any: [{ figure: 'loggedOfCeiling', atLeast: 0.7 }] },
  {
    section: 'postgres',
    says: 'processor time to decoded changes, of the usual pipeline',
    any: [{ figure: 'decodedCpuOfPeer', atMost: 0.5 }],
  },
  {
    section: 'snapshot',
    says: 'snapshot to the durable log, of a binary COPY to nowhere',
    any: [{ figure: 'snapshotOfCopy', atLeast: 0.6 }],
  },
  { section: 'csv', says: "CSV, of DuckDB's own reader", any: [{ figure: 'csvOfDuckdb', atLeast: 0.5 }] },
  { section: 'agent', says: "microseconds of the host's thread a send", any: [{ figure: 'microsecondsPerSend', atMost: 2 }] },
  {
    section: 'mariadb',
    says: 'MariaDB rows a second of many-row events, or of zongji alone',
    any: [
      { figure: 'rowsPerSecond', atLeast: 150_000 },
      { figure: 'ofZongji', atLeast: 0.8 },
    ],
  },
]

export interface Verdict {
  readonly section: SectionName
  readonly goal: string
  readonly figures: Figures
  readonly met: boolean
}

/** The goals of the sections that ran. A figure that is not told does not meet its goal. */
export function verdicts(sections: Readonly<Partial<Record<SectionName, Figures>>>): Verdict[] {
  return GOALS.flatMap(({ section, says, any }) => {
    const figures = sections[section]
    if (figures === undefined) return []
    const bound = any.map(({ figure, atLeast, atMost }) => `${figure} ${atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`}`)
    return {
      section,
      goal: `${says}: ${bound.join(' or ')}`,
      figures: Object.fromEntries(any.map(({ figure }) => [figure, figures[figure] ?? Number.NaN])),
      met: any.some(({ figure, atLeast = -Infinity, atMost = Infinity }) => {
        const value = figures[figure]
        return value !== undefined && value >= atLeast && value <= atMost
      }),
    }
  })
}
