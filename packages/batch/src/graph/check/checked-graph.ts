/** What a check yields: the models that are sound, in an order in which each comes after what it reads. */
import type { MillraceError } from '@millrace/base'
import { hash } from 'node:crypto'
import type { GraphModel } from '../model/model.ts'
import type { Lineage } from './lineage.ts'
import type { Asked } from './moment.ts'

export interface GraphColumn {
  readonly name: string
  /** As DuckDB writes it. */
  readonly type: string
}

/** What is at hand without being computed here: a stream, what a live model published, a seed. */
export interface GraphRelation {
  readonly name: string
  readonly columns: readonly GraphColumn[]
}

export interface CheckedModel {
  readonly model: GraphModel
  /** Folded names of the models and relations that it reads. */
  readonly inputs: readonly string[]
  readonly columns: readonly GraphColumn[]
  /** A hash of what its SQL and its settings mean, apart from its inputs. */
  readonly meaning: string
  /** Its meaning and those of all models before it. */
  readonly fingerprint: string
  readonly lineage: Lineage
  /** Whether its SQL asks for the time. */
  readonly asked: Asked
}

/** A model that is not run, because it is disabled or reads one that is. */
export interface HeldModel {
  readonly model: GraphModel
  readonly reason: string
}

export interface CheckedGraph {
  /** By folded name. */
  readonly models: ReadonlyMap<string, CheckedModel>
  readonly relations: ReadonlyMap<string, GraphRelation>
  readonly held: ReadonlyMap<string, HeldModel>
  readonly errors: readonly MillraceError[]
  /** How many models were bound anew; of the others the last check was still true. */
  readonly bound: number
}

export function hashOf(...parts: readonly string[]): string {
  return hash('sha1', parts.map((part) => `${part.length}:${part}`).join(''))
}

/** Each reader of a relation asks for its signature, and its columns never change. */
const SIGNATURES = new WeakMap<readonly GraphColumn[], string>()

/** Of relations with equal signatures a reader's meaning is the same. */
export function signatureOf(columns: readonly GraphColumn[]): string {
  const known = SIGNATURES.get(columns)
  if (known !== undefined) return known
  const signature = hashOf(...columns.flatMap(({ name, type }) => [name, type]))
  SIGNATURES.set(columns, signature)
  return signature
}
