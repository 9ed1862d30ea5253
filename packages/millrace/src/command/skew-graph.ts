/** `millrace skew` over what an environment of batch models shows: of single relations, and of the whole graph. */
import { type GraphKey, type GraphSkew, type KeyReport, skewOfGraph, skewOfPublished, statementsFor } from '@millrace/batch'
import { environmentOf, graphWords } from '../cli/graph-options.ts'
import { showGraphSkew } from '../cli/show-graph-skew.ts'
import { progressLine } from '../cli/progress.ts'
import { showError } from '../cli/show-error.ts'
import { showSkew } from '../cli/show-skew.ts'
import type { CommandContext } from '../cli/command.ts'
import type { Project } from '../config/project.ts'
import { openGraph, type OpenGraph } from '../engine/open-graph.ts'
import { type AskedSkew, checkColumns } from './asked-skew.ts'

export async function tellPublishedSkew(
  context: CommandContext,
  project: Project,
  { names, ...asked }: AskedSkew & { readonly names: readonly string[] },
): Promise<void> {
  const { terminal, options, signal } = context
  const environment = environmentOf(options)
  const opened = await openGraph(project, { environment, words: [], exclude: [] })
  try {
    const { graph } = opened.place
    for (const name of names) {
      const found = graph.models.get(name.toLowerCase()) ?? graph.relations.get(name.toLowerCase())
      if (found !== undefined) checkColumns({ name, columns: found.columns.map((column) => column.name) }, asked.keys ?? [])
    }
    const identityOf = identitiesOf(opened)
    for await (const { relation, report } of skewOfPublished({ ...opened.place, ...asked, names, identityOf, signal })) {
      const keys = report.keys.map((key) => ({ ...key, statements: statementsFor({ relation, report, key }) }))
      if (terminal.json) terminal.value({ environment, ...report, keys })
      else if (options['statements'] === true) for (const line of keys[0]?.statements ?? []) terminal.out(line)
      else showSkew(terminal, report, `${relation.name} --env ${environment}`)
    }
  } finally {
    opened.close()
  }
}

export async function tellGraphSkew(context: CommandContext, project: Project, asked: AskedSkew): Promise<void> {
  const { terminal, options, signal, clock } = context
  const opened = await openGraph(project, graphWords(context))
  try {
    for (const error of opened.errors) showError(terminal, error)
    terminal.panel(['Reading the plans of the models…'])
    const draw = progressLine(terminal, 'Counting keys')
    const found = await skewOfGraph({
      ...opened.place,
      ...asked,
      identityOf: identitiesOf(opened),
      clock,
      signal,
      onProgress: ({ done, total }) => draw(done, total),
    })
    const told = { ...found, keys: found.keys.map((key) => withStatements(found, key)) }
    if (terminal.json) terminal.value(told)
    else if (options['statements'] === true) for (const line of linesOf(told.keys)) terminal.out(line)
    else showGraphSkew(terminal, found, asked)
  } finally {
    opened.close()
  }
}

type Told = Omit<GraphKey, 'best'> & { readonly best: (KeyReport & { readonly statements: readonly string[] }) | null }

function withStatements({ engine, shards }: GraphSkew, { shape, ...key }: GraphKey): Omit<Told, 'shape'> {
  if (key.best === null) return { ...key, best: null }
  return { ...key, best: { ...key.best, statements: statementsFor({ relation: shape, report: { engine, shards }, key: key.best }) } }
}

/** Of each relation once, however many of its keys are uneven. */
function linesOf(keys: readonly Omit<Told, 'shape'>[]): readonly string[] {
  const byRelation = new Map(keys.toReversed().map(({ relation, best }) => [relation, best?.statements ?? []]))
  return [...byRelation.values()].toReversed().flat()
}

/** The columns that identify a row of a stream or of a live model. */
function identitiesOf({ checked }: OpenGraph): (relation: string) => readonly string[] {
  const identities = new Map(
    [...checked.streams, ...checked.models].map(({ name, schema: { columns, key } }) => [
      name.toLowerCase(),
      key.flatMap((at) => columns[at]?.name ?? []),
    ]),
  )
  return (relation) => identities.get(relation) ?? []
}
