import { assert } from '@millrace/base'
import { type AggregateCall, layoutOfExpression } from '@millrace/sql'
import type { Accumulator } from './accumulator.ts'
import { AverageAccumulator } from './average-accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { DistinctAccumulator } from './distinct-accumulator.ts'
import { ExtremeAccumulator } from './extreme-accumulator.ts'
import { SumAccumulator } from './sum-accumulator.ts'

export function makeAccumulator(call: AggregateCall): Accumulator {
  const plain = makePlain(call)
  return call.distinct ? new DistinctAccumulator(plain) : plain
}

function makePlain(call: AggregateCall): Accumulator {
  switch (call.function) {
    case 'count_star':
    case 'count':
      return new CountAccumulator()
    case 'sum':
      return new SumAccumulator({
        max: call.type.kind === 'decimal' ? 10n ** BigInt(call.type.width) - 1n : (1n << 127n) - 1n,
        place: call.place,
      })
    case 'avg':
      return new AverageAccumulator(call.input?.type.kind === 'decimal' ? call.input.type.scale : 0)
    case 'min':
    case 'max':
      assert(call.input !== null, 'MIN and MAX have an argument')
      return new ExtremeAccumulator(layoutOfExpression(call.input.type), call.function)
  }
}
