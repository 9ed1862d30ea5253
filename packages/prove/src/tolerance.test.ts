import type { StreamDefinition } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import { expect, test } from 'vitest'
import { toleranceFor } from './tolerance.ts'

const READINGS: StreamDefinition = {
  name: 'plant.readings',
  kind: 'table',
  partitions: 1,
  schema: {
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'amount', type: { kind: 'decimal', width: 12, scale: 2 }, nullable: true },
      { name: 'heat', type: { kind: 'float64' }, nullable: true },
    ],
    key: [0],
  },
}

test('sums of floats, and what is built on them, may differ from batch in the last digits; nothing else may', async () => {
  const written = {
    sums: 'select id % 3 as part, sum(heat) as heat from plant.readings group by all',
    running: 'select id, avg(heat) over (order by id) as heat from plant.readings',
    spread: 'select stddev_samp(amount) as spread from plant.readings',
    above: 'select part, heat * 2 as twice from sums',
    exact: 'select id % 3 as part, sum(amount) as amount, max(heat) as heat, avg(amount) as mean from plant.readings group by all',
    plain: 'select id, heat * 1.5 as heat from plant.readings where heat > 3',
  }
  const { bound, errors } = await bindModels({
    models: Object.entries(written).map(([name, sql]) => ({ name, sql })),
    streams: [READINGS],
  })
  expect(errors).toEqual([])
  const rounded = bound.filter(({ name }) => toleranceFor(bound, name) > 0).map(({ name }) => name)
  expect(rounded.toSorted()).toEqual(['above', 'running', 'spread', 'sums'])
  expect(toleranceFor([{ name: 'sums' }], 'sums')).toBe(0)
})
