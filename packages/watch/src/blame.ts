/**
 * The path of blame. A thing that is well in itself but stands behind something that is not cannot be
 * called good: newer changes may exist that it has not seen. It becomes `unknown` and names the culprit,
 * so that a page full of trouble has one red spot, and it is the cause.
 */
import type { Report } from './report.ts'

/** One step of the thread, by `kind:name`. */
export interface Edge {
  readonly from: string
  readonly to: string
}

export function idOf(subject: { readonly kind: string; readonly name: string }): string {
  return `${subject.kind}:${subject.name}`
}

/** The reports with blame laid: those that look well but stand behind trouble become `unknown`. */
export function withBlame(reports: ReadonlyMap<string, Report>, edges: readonly Edge[]): Report[] {
  const culprits = culpritsOf(reports, edges)
  return [...reports].map(([id, report]) => {
    const culprit = culprits.get(id)
    if (culprit === undefined || isTrouble(report)) return report
    return {
      ...report,
      verdict: 'unknown',
      blame: idOf(culprit),
      sentence: `It has passed on all that came, but the ${culprit.kind} ${culprit.name} is ${culprit.verdict}, so newer changes may exist.`,
    }
  })
}

/** For everything downstream of trouble, the nearest cause. One walk over the thread, breadth first. */
function culpritsOf(reports: ReadonlyMap<string, Report>, edges: readonly Edge[]): ReadonlyMap<string, Report> {
  const next = Map.groupBy(edges, (edge) => edge.from)
  const culprits = new Map([...reports].filter(([, report]) => isTrouble(report)))
  const front = [...culprits.keys()]
  // Grows while it is walked; each subject enters once.
  for (const id of front) {
    const culprit = culprits.get(id)
    for (const edge of next.get(id) ?? []) {
      if (culprit === undefined || culprits.has(edge.to)) continue
      culprits.set(edge.to, culprit)
      front.push(edge.to)
    }
  }
  return culprits
}

function isTrouble(report: Report): boolean {
  return report.verdict === 'dead' || report.verdict === 'stalled' || report.verdict === 'unknown'
}
