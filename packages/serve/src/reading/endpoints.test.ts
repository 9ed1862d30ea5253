import { MillraceError } from '@millrace/base'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ReadingHouse, REVENUE } from '../testing/reading-house.ts'
import { compileEndpoint } from './endpoints.ts'

let house: ReadingHouse
beforeEach(async () => {
  house = await ReadingHouse.open({
    models: [{ name: 'revenue', indexes: [['country']] }],
    endpoints: [
      { name: 'top', model: 'revenue', parameters: { country: 'text' }, where: 'country = $country', order: 'amount desc', limit: 2 },
      {
        name: 'above',
        model: 'revenue',
        parameters: { least: 'decimal(12,2)', note: { type: 'text', default: '$least' } },
        where: "amount >= $least and '$least' = $note",
        order: 'country desc, id',
      },
      { name: 'all', model: 'revenue' },
      { name: 'ratio', model: 'revenue', parameters: { by: 'int64' }, where: '1000000000 * id * $by > 0 and id % $by = 0' },
    ],
  })
  await house.put([1, 'DE', 1_00], [2, 'DE', 3_00], [3, 'DE', null], [4, 'AT', 9_00], [5, null, 2_00], [6, 'DE', 2_00])
})
afterEach(async () => {
  await house.close()
})

const idsOf = async (name: string, parameters = {}): Promise<unknown[]> =>
  (await house.client.endpoint(name, parameters)).rows.map(({ id }) => id)

it('an endpoint answers the rows for which its condition holds, in its order, up to its limit', async () => {
  expect(await idsOf('top', { country: 'DE' })).toEqual([2, 6])
  expect((await house.client.endpoint('top', { country: 'DE' })).more).toBe(true)
  expect(await idsOf('top', { country: 'AT' })).toEqual([4])
  expect(await idsOf('top', { country: "x' or 1=1 --" })).toEqual([])
  expect(await idsOf('above', { least: '2.00' })).toEqual([2, 6, 4, 5])
  expect(await idsOf('above', { least: 9, note: 'no' })).toEqual([])
  expect(await idsOf('all')).toEqual([1, 2, 3, 4, 5, 6])
})

it('an endpoint answers of the rows as they are now', async () => {
  await idsOf('top', { country: 'AT' })
  await house.put([1, 'AT', 10_00], 4)
  await expect.poll(() => idsOf('top', { country: 'AT' }), { timeout: 60_000 }).toEqual([1])
})

it.each([
  ['is missing', 'top', {}, 'country'],
  ['is not declared', 'top', { country: 'DE', colour: 'red' }, 'colour'],
  ['is not of its type', 'above', { least: 'much' }, 'least'],
  ['is not of its type', 'above', { least: '1.001' }, 'least'],
])('a parameter that %s is refused by its name', async (problem, name, parameters, parameter) => {
  await expect(house.client.endpoint(name, parameters)).rejects.toMatchObject({
    code: 'ENDPOINT_PARAMETER',
    status: 400,
    message: expect.stringMatching(new RegExp(`${parameter}.* ${problem}`)) as string,
  })
})

it('a condition that has no answer for a row says so, and the server goes on', async () => {
  await expect(house.client.endpoint('ratio', { by: '9223372036854775807' })).rejects.toMatchObject({
    code: 'READ_FILTER_FAILED',
    status: 422,
  })
  expect(await idsOf('ratio', { by: 2 })).toEqual([2, 4, 6])
})

it('an endpoint that is not declared is unknown', async () => {
  await expect(house.client.endpoint('none')).rejects.toMatchObject({ code: 'ENDPOINT_UNKNOWN', status: 404 })
})

it('a description for tools tells each endpoint with its parameters', async () => {
  const document = (await (await fetch(`${house.server.url}/api/openapi.json`)).json()) as {
    paths: Record<string, { get: { parameters: object[] } }>
  }
  expect(document.paths['/api/endpoints/top']?.get.parameters).toEqual([
    { name: 'country', in: 'query', required: true, schema: { type: ['string'], 'x-sql-type': 'VARCHAR' } },
  ])
  expect(Object.keys(document.paths)).toContain('/api/models/revenue/rows')
})

it.each([
  ['a condition over what the model does not have', { where: 'colour = 1' }, 'READ_FILTER_INVALID'],
  ['a parameter that is not declared', { where: 'country = $where' }, 'READ_FILTER_INVALID'],
  ['a type that is none', { parameters: { country: 'txt' } }, 'parameters.country'],
  ['an order by what the model does not have', { order: 'colour' }, 'order'],
])('%s is refused where the endpoint is declared', async (_name, declared, told) => {
  const problem = (_what: string, place: string): Error => new TypeError(place)
  const error: unknown = await compileEndpoint({ name: 'e', model: 'revenue', ...declared }, REVENUE, problem).catch(
    (cause: unknown) => cause,
  )
  expect(error instanceof MillraceError ? error.code : (error as Error).message).toBe(told)
})
