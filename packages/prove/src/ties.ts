import { relationsOf, tiesOf } from '@millrace/sql'
import type { ProvenModel } from './prove-model.ts'

/**
 * What of a bound model's answer, and of the models that it reads, may depend on how rows stand that tie:
 * `LIMIT of top_scores`. Where there is something, DuckDB's answer may differ from ours and be right as well.
 */
export function tiesFor(models: readonly Pick<ProvenModel, 'name' | 'plan'>[], name: string): readonly string[] {
  const { plan } = models.find((each) => each.name === name) ?? {}
  if (plan === undefined) return []
  const below = [...relationsOf(plan)].flatMap((input) => tiesFor(models, input))
  return [...new Set([...tiesOf(plan).map((what) => `${what} of ${name}`), ...below])]
}
