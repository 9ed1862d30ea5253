import type { ProofState, ProofVerdict } from '@millrace/serve/api'

export interface ProofTally {
  /** The worst of all. */
  readonly verdict: ProofVerdict
  /** `order_totals is proven`, `3 of 4 models are proven`. */
  readonly title: string
  /** The proof that speaks for all: the worst, and of equals the one that is longest ago. */
  readonly oldest: ProofState | null
}

const WORST_FIRST: readonly ProofVerdict[] = ['different', 'never', 'running', 'equal']

export function tallyOf(proofs: readonly ProofState[]): ProofTally {
  const [oldest] = proofs.toSorted(
    (left, right) => WORST_FIRST.indexOf(left.verdict) - WORST_FIRST.indexOf(right.verdict) || (left.atMs ?? 0) - (right.atMs ?? 0),
  )
  if (oldest === undefined) return { verdict: 'never', title: 'There is no model to prove', oldest: null }
  const { verdict, model, differentRows } = oldest
  if (verdict === 'different') {
    const rows = differentRows === null ? '' : ` in ${differentRows} ${differentRows === 1 ? 'row' : 'rows'}`
    return { verdict, title: `${model} differs${rows}`, oldest }
  }
  const proven = proofs.filter((proof) => proof.verdict === 'equal').length
  if (proofs.length > 1) return { verdict, title: `${proven} of ${proofs.length} models are proven`, oldest }
  const title = { equal: `${model} is proven`, never: `${model} is not proven yet`, running: `${model} is being proven` }[verdict]
  return { verdict, title, oldest }
}
