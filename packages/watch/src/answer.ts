/**
 * "Can I trust the data now?" One answer from all verdicts and proofs. The worst thing speaks; what is
 * only behind it stays silent, so that the sentence names the cause.
 */
import { countText, wholeText } from './duration.ts'
import type { Report } from './report.ts'

export interface Answer {
  /** `yes`: agrees and is fresh; `wait`: still catching up or not yet proven; `no`: someone must look. */
  readonly trust: 'yes' | 'wait' | 'no'
  /** A few words: `Everything agrees`. */
  readonly headline: string
  /** One sentence with the reason, and what to do where something is to be done. */
  readonly sentence: string
}

/** The last proof of one model, as far as the answer needs it. */
export interface ProofSummary {
  readonly model: string
  readonly verdict: 'equal' | 'different' | 'running' | 'never'
  /** The cut of the last finished proof; null before the first. */
  readonly cut: number | null
  readonly differentRows: number | null
}

/** The last proof of one stream against its source. */
export interface CopySummary {
  readonly stream: string
  readonly verdict: ProofSummary['verdict']
  readonly place: string | null
  readonly differentRows: number | null
}

/** One schedule, as far as something is wrong with it. */
export interface ScheduleTrouble {
  readonly name: string
  readonly what: 'failed' | 'is late' | 'will be late'
  /** What happened, and what to do. */
  readonly sentence: string
}

export interface BesideEvidence {
  readonly copies?: readonly CopySummary[]
  readonly schedules?: readonly ScheduleTrouble[]
}

export function answerOf(
  reports: readonly Report[],
  proofs: readonly ProofSummary[],
  { copies = [], schedules = [] }: BesideEvidence = {},
): Answer {
  return (
    copyTrouble(copies) ??
    troubleOf(reports, proofs) ??
    scheduleTrouble(schedules) ??
    delayOf(reports, proofs) ??
    agreement(reports, proofs)
  )
}

/** What a schedule has not computed is not wrong, but old; what will be late can still be helped. */
function scheduleTrouble(schedules: readonly ScheduleTrouble[]): Answer | null {
  const worst = schedules.find(({ what }) => what === 'failed') ?? schedules.find(({ what }) => what === 'is late') ?? schedules[0]
  if (worst === undefined) return null
  const { name, what, sentence } = worst
  return { trust: what === 'will be late' ? 'wait' : 'no', headline: `The schedule ${name} ${what}`, sentence }
}

/** First of all: what a model makes of a wrong copy is wrong, however well it agrees. */
function copyTrouble(copies: readonly CopySummary[]): Answer | null {
  const different = copies.find((copy) => copy.verdict === 'different')
  if (different === undefined) return null
  const { stream, place, differentRows } = different
  const rows = differentRows === null ? 'Some rows' : countText(differentRows, 'row')
  return {
    trust: 'no',
    headline: `${stream} is not what its source holds`,
    sentence: `${rows} of ${stream} differ from what its source held at ${place ?? 'one position'}. See them with \`millrace prove ${stream}\`.`,
  }
}

function troubleOf(reports: readonly Report[], proofs: readonly ProofSummary[]): Answer | null {
  const different = proofs.find((proof) => proof.verdict === 'different')
  if (different !== undefined) {
    const rows = different.differentRows === null ? 'Some rows' : countText(different.differentRows, 'row')
    return {
      trust: 'no',
      headline: `${different.model} does not agree`,
      sentence: `${rows} of ${different.model} differ from the same SQL computed afresh at cut ${wholeText(different.cut ?? 0)}. See them with \`millrace prove ${different.model}\`.`,
    }
  }
  for (const verdict of ['dead', 'stalled'] as const) {
    const worst = reports.find((report) => report.verdict === verdict)
    if (worst !== undefined) {
      return { trust: 'no', headline: `The ${worst.kind} ${worst.name} is ${verdict}`, sentence: worst.sentence }
    }
  }
  return parkedAnswer(reports)
}

/** What was set aside is missing from the answer, at one end or the other. */
function parkedAnswer(reports: readonly Report[]): Answer | null {
  const parked = reports.find(({ kind, evidence }) => (kind === 'source' || kind === 'delivery') && Number(evidence['parked'] ?? 0) > 0)
  if (parked === undefined) return null
  const count = Number(parked.evidence['parked'])
  const changes = countText(count, 'change')
  if (parked.kind === 'source') {
    return {
      trust: 'no',
      headline: `Not all of ${parked.name} could be taken`,
      sentence: `${changes} ${count === 1 ? 'is' : 'are'} set aside and missing from what depends on ${parked.name}. See why, mend and replay with \`millrace parked\`.`,
    }
  }
  return {
    trust: 'no',
    headline: `${parked.name} has not been told everything`,
    sentence: `${changes} could not be delivered and ${count === 1 ? 'is' : 'are'} parked. Look at them and send them again with \`millrace deliveries ${parked.name}\`.`,
  }
}

function delayOf(reports: readonly Report[], proofs: readonly ProofSummary[]): Answer | null {
  if (reports.length === 0) {
    return {
      trust: 'wait',
      headline: 'Nothing flows yet',
      sentence: 'Name a source in millrace.config.ts, write a model in models/, and run `millrace check`.',
    }
  }
  const unknown = reports.find((report) => report.verdict === 'unknown' && report.blame === null)
  if (unknown !== undefined) {
    return { trust: 'wait', headline: unknownHeadline(unknown), sentence: unknown.sentence }
  }
  const lagging = reports.find((report) => report.verdict === 'lagging')
  if (lagging !== undefined) {
    return { trust: 'wait', headline: 'Catching up', sentence: `${capital(lagging.kind)} ${lagging.name}: ${lagging.sentence}` }
  }
  // At cut 0 the log is empty: an equality of nothing proves nothing.
  const first = proofs.find((proof) => proof.cut === null || proof.cut === 0)
  if (first === undefined) return null
  return {
    trust: 'wait',
    headline: 'Everything flows, not all is proven',
    sentence: `${first.model} has not been compared with the same SQL computed afresh. Do it with \`millrace prove ${first.model}\`.`,
  }
}

function unknownHeadline({ kind, name, phase }: Report): string {
  if (phase === 'starting') return `Starting the ${kind} ${name}`
  return kind === 'source' ? `The source ${name} is not heard` : `Nothing is known of the ${kind} ${name}`
}

function agreement(reports: readonly Report[], proofs: readonly ProofSummary[]): Answer {
  const sources = reports.filter((report) => report.kind === 'source').length
  const heard = sources === 0 ? '' : ` ${sources === 1 ? 'The source is' : `All ${sources} sources are`} heard and nothing waits.`
  if (proofs.length === 0) return { trust: 'yes', headline: 'Everything flows', sentence: `There is no model to prove.${heard}` }
  return { trust: 'yes', headline: 'Everything agrees', sentence: `${provenText(proofs)}${heard}` }
}

function provenText(proofs: readonly ProofSummary[]): string {
  const oldest = wholeText(Math.min(...proofs.map((proof) => proof.cut ?? 0)))
  if (proofs.length === 1) return `The model ${proofs[0]?.model} equals the same SQL computed afresh at cut ${oldest}.`
  const all = proofs.length === 2 ? 'Both' : `All ${proofs.length}`
  return `${all} models equal the same SQL computed afresh; the oldest of these proofs is of cut ${oldest}.`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
