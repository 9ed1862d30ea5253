import { describe, expect, it } from 'vitest'
import type { BoundModel } from '@millrace/sql'
import { defineProject, endpoint } from '../config/define.ts'
import { validateConfig } from '../config/validate-config.ts'
import { readableModels } from './readable-models.ts'

const MODEL = {
  name: 'revenue',
  schema: {
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: true },
      { name: 'country', type: { kind: 'text' }, nullable: true },
    ],
    key: [0],
  },
} as unknown as BoundModel

const top = endpoint({ model: 'revenue', parameters: { country: 'text' }, where: 'country = $country and id > 0' })

describe('what a project says of reading', () => {
  it('is taken as it is where it is right, and an endpoint finds its rows by an index of its own', async () => {
    const config = defineProject({ name: 'shop', models: { revenue: { indexes: [['country', 'id']] } }, endpoints: { top } })
    expect(validateConfig(config, 'millrace.config.ts')).toEqual(config)
    const { models, endpoints } = await readableModels(config, [MODEL])
    expect(models).toEqual([{ name: 'revenue', indexes: [['country', 'id'], ['country']] }])
    expect(endpoints.map(({ name, limit }) => [name, limit])).toEqual([['top', 100]])
  })

  it.each([
    ['an index of a model that there is none of', { models: { sales: {} } }, '`models.sales`'],
    ['an index over a column that the model does not have', { models: { revenue: { indexes: [['town']] } } }, "'town'"],
    ['an endpoint on a model that there is none of', { endpoints: { top: { ...top, model: 'sales' } } }, '`endpoints.top.model`'],
    ['an endpoint with a condition that is none', { endpoints: { top: { ...top, where: 'town = $country' } } }, '`endpoints.top.where`'],
    [
      'a parameter of a type that there is none of',
      { endpoints: { top: { ...top, parameters: { country: 'txt' } } } },
      '`endpoints.top.parameters.country`',
    ],
  ])('names the place of %s', async (_name, config, place) => {
    await expect(readableModels({ name: 'shop', ...config }, [MODEL])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(place) as string,
    })
  })
})
