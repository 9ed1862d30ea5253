import { assert } from '@millrace/base'
import { type AggregateCall, type Expression, layoutOfExpression } from '@millrace/sql'
import type { Accumulator } from './accumulator.ts'
import { AverageAccumulator } from './average-accumulator.ts'
import type { AverageRule } from './average.ts'
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
      return new AverageAccumulator(averageRule(call))
    case 'min':
    case 'max':
      return new ExtremeAccumulator(layoutOfExpression(inputOf(call).type), call.function)
  }
}

const SHORT_KINDS = new Set(['int8', 'int16', 'uint8'])

function inputOf({ inputs }: AggregateCall): Expression {
  const [input] = inputs
  assert(input !== undefined, 'the aggregate has an argument')
  return input
}

function averageRule(call: AggregateCall): AverageRule {
  const { type } = inputOf(call)
  if (type.kind === 'decimal') return { scale: type.scale, isExtended: type.width > 4 }
  return { scale: 0, isExtended: !SHORT_KINDS.has(type.kind) }
}
