/** The paths of reading as an OpenAPI 3.1 document, for tools that make clients. */
import { isWhole, sqlNameOf, type Type } from '@millrace/core'
import type { EndpointOptions } from './endpoints.ts'
import type { Reading } from './reading.ts'

export function openApi(reading: Reading, endpoints: readonly EndpointOptions[]): object {
  const paths = {
    ...Object.fromEntries(endpoints.map((endpoint) => [`/api/endpoints/${endpoint.name}`, { get: endpointPath(endpoint) }])),
    ...Object.fromEntries(reading.models.map((model) => [`/api/models/${model}/rows`, { get: rowsPath(model) }])),
  }
  return { openapi: '3.1.0', info: { title: 'Millrace', version: '1' }, paths }
}

function endpointPath({ name, model, schema, description, parameters }: EndpointOptions): object {
  const properties = Object.fromEntries(schema.columns.map((column) => [column.name, typeSchema(column.type, true)]))
  return {
    operationId: name,
    summary: description ?? `Rows of ${model}`,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      in: 'query',
      required: parameter.otherwise === null,
      schema: { ...typeSchema(parameter.type, false), ...(parameter.otherwise === null ? {} : { default: parameter.otherwise }) },
    })),
    responses: answers({ type: 'object', properties }),
  }
}

function rowsPath(model: string): object {
  const key = { name: 'key', in: 'query', required: true, schema: { type: 'array', items: { type: 'string' } }, explode: true }
  return { operationId: `rows_of_${model}`, summary: `Rows of ${model} by key`, parameters: [key], responses: answers({ type: 'object' }) }
}

function answers(row: object): object {
  const rows = {
    type: 'object',
    required: ['model', 'position', 'more', 'rows'],
    properties: { model: { type: 'string' }, position: { type: 'string' }, more: { type: 'boolean' }, rows: { type: 'array', items: row } },
  }
  return {
    200: { description: 'The rows, and the position that they are of', content: { 'application/json': { schema: rows } } },
    400: { description: 'A parameter is missing, unknown or of the wrong type; the answer names it' },
  }
}

/** Numbers that a double may not hold exactly are text. */
function typeSchema(type: Type, nullable: boolean): object {
  const kinds = isWhole(type)
    ? ['integer', 'string']
    : type.kind === 'boolean'
      ? ['boolean']
      : type.kind.startsWith('float')
        ? ['number', 'string']
        : ['string']
  return { type: nullable ? [...kinds, 'null'] : kinds, 'x-sql-type': sqlNameOf(type) }
}
