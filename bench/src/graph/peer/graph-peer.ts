import type { ShapedModel } from '../shapes.ts'

/** What is done with each peer, in this order. Before `planAfterEdit` a model is edited. */
export const STEPS = ['checkCold', 'checkWarm', 'compile', 'full', 'nothing', 'planAfterEdit', 'edit', 'environment'] as const
export type Step = (typeof STEPS)[number]

export interface PeerProject {
  readonly folder: string
  readonly models: readonly ShapedModel[]
  /** The CSV that Millrace's project has. */
  readonly seed: string
}

export interface PeerModel {
  readonly folder: string
  readonly at: number
  readonly model: Pick<ShapedModel, 'name' | 'sql'>
}

/** Another tool that runs the same graph, and how it is called. */
export interface GraphPeer {
  /** Its folder in `bench/peers`, and its program. */
  readonly name: string
  /** The DuckDB file in the project's folder, and where its tables are published. */
  readonly database: string
  readonly schemas: { readonly production: string; readonly environment: string }
  readonly environment: Readonly<Record<string, string>>
  /** The words of its command line. */
  readonly words: Readonly<Record<Step, readonly string[]>>
  /** What the peer wants done once before a step, so that the step is quick; not measured. */
  readonly before: Partial<Readonly<Record<Step, readonly string[]>>>
  writeProject(project: PeerProject): void
  writeModel(model: PeerModel): void
  /** What a user's job does between the steps; not measured. */
  after(step: Step, folder: string): void
}

/** Every read of a model or of the seed, as the peer wants it written. */
export function withReads(sql: string, write: (name: string) => string): string {
  return sql.replaceAll(/\b(?:source|m\d+)\b/g, write)
}

/** As in Millrace's project: a hundred models a folder. */
export function modelFile(at: number, name: string): string {
  return `models/part_${Math.floor(at / 100)}/${name}.sql`
}
