/** What a project's configuration says of reading: indexes of models, and endpoints, checked against the bound models. */
import { MillraceError } from '@millrace/base'
import { columnIndex, type ProjectConfig } from '@millrace/core'
import type { EndpointOptions, ReadableModel } from '@millrace/serve'
import type { BoundModel } from '@millrace/sql'

export interface Readable {
  readonly models: readonly ReadableModel[]
  readonly endpoints: readonly EndpointOptions[]
}

/** Raises CONFIG_INVALID for what names a model, a column or a type that is not there. */
export async function readableModels(config: ProjectConfig, models: readonly BoundModel[]): Promise<Readable> {
  const endpoints: EndpointOptions[] = []
  for (const [name, declared] of Object.entries(config.endpoints ?? {})) {
    const place = `endpoints.${name}`
    const { schema } = boundModel(models, declared.model, `${place}.model`)
    const { compileEndpoint } = await import('@millrace/serve')
    const wrong = (what: string, part: string): MillraceError => invalid(`${place}.${part}`, what)
    endpoints.push(
      await compileEndpoint({ name, ...declared }, schema, wrong).catch((error: unknown) => {
        if (!(error instanceof MillraceError) || error.code !== 'READ_FILTER_INVALID') throw error
        throw invalid(`${place}.where`, `is not a condition on ${declared.model}: ${String(error.details['problem'])}`)
      }),
    )
  }
  for (const [name, { indexes = [] }] of Object.entries(config.models ?? {})) {
    const { schema } = boundModel(models, name, `models.${name}`)
    for (const column of indexes.flat()) {
      if (columnIndex(schema, column) < 0)
        throw invalid(`models.${name}.indexes`, `names the column '${column}', which the model does not have`)
    }
  }
  return { models: models.map((model) => ({ name: model.name, indexes: indexesOf(model, config, endpoints) })), endpoints }
}

/** The declared ones, and those by which endpoints find their rows. */
function indexesOf(
  { name, schema }: BoundModel,
  config: ProjectConfig,
  endpoints: readonly EndpointOptions[],
): readonly (readonly string[])[] {
  const ofEndpoints = endpoints
    .filter(({ model, match }) => model === name && match.length > 0)
    .map(({ match }) => match.map(({ column }) => schema.columns[column]?.name ?? ''))
  const all = new Map([...(config.models?.[name]?.indexes ?? []), ...ofEndpoints].map((columns) => [columns.toSorted().join(), columns]))
  return [...all.values()]
}

function boundModel(models: readonly BoundModel[], name: string, place: string): BoundModel {
  const model = models.find((each) => each.name === name)
  if (model === undefined) throw invalid(place, `names '${name}', which is no model of this project`)
  return model
}

function invalid(place: string, problem: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', {
    details: { file: 'millrace.config.ts', problem: `\`${place}\` ${problem}`, place: `\`${place}\`` },
  })
}
