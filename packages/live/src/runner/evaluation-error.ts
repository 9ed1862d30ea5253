import { MillraceError } from '@millrace/base'
import { type BoundModel, type EvaluationFailure, whereIs } from '@millrace/sql'

/** A model has no answer for its rows: where in its SQL, and why. */
export function evaluationError(model: BoundModel, failure: EvaluationFailure): MillraceError {
  const { message, place } = failure
  const details = { model: model.name, problem: message, ...whereIs(model, place < 0 ? null : place) }
  return new MillraceError('LIVE_EVALUATION', { cause: failure, details })
}
