/** Which accumulator keeps an aggregate. */
import { assert } from '@millrace/base'
import { type AggregateCall, type Expression, layoutOfExpression } from '@millrace/sql'
import type { Accumulator } from './accumulator.ts'
import { AverageAccumulator } from './average-accumulator.ts'
import type { AverageRule } from './average.ts'
import { BitAccumulator, type WholeWidth } from './bit-accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { DistinctAccumulator } from './distinct-accumulator.ts'
import { ExtremeAccumulator } from './extreme-accumulator.ts'
import { FirstsAccumulator } from './firsts-accumulator.ts'
import { FloatSumAccumulator } from './float-sum-accumulator.ts'
import { HistogramAccumulator } from './histogram-accumulator.ts'
import { InstantAverageAccumulator } from './instant-average-accumulator.ts'
import { interpolationOf } from './interpolation.ts'
import { ModeAccumulator } from './mode-accumulator.ts'
import { JoinAccumulator } from './join-accumulator.ts'
import { elementOf, elementText } from './list-text.ts'
import { MomentAccumulator } from './moment-accumulator.ts'
import { firstsRule, joinRule, pickRule } from './ordered-rules.ts'
import { PickAccumulator } from './pick-accumulator.ts'
import { QuantileAccumulator } from './quantile-accumulator.ts'
import { SumAccumulator } from './sum-accumulator.ts'
import { TruthAccumulator } from './truth-accumulator.ts'

export function makeAccumulator(call: AggregateCall): Accumulator {
  switch (call.function) {
    case 'count_star':
    case 'count':
      return ofDistinct(call, new CountAccumulator())
    case 'sum':
      return ofDistinct(call, makeSum(call))
    case 'avg':
      return ofDistinct(call, makeAverage(call))
    case 'min':
    case 'max':
      return new ExtremeAccumulator(layoutOfExpression(inputOf(call).type), call.function)
    case 'bool_and':
    case 'bool_or':
      return new TruthAccumulator(call.function)
    case 'bit_and':
    case 'bit_or':
    case 'bit_xor':
      return ofDistinct(call, new BitAccumulator(call.function, widthOf(inputOf(call))))
    case 'any_value':
    case 'first':
    case 'last':
    case 'arg_min':
    case 'arg_max':
    case 'arg_min_null':
    case 'arg_max_null':
      return new PickAccumulator(pickRule(call))
    case 'string_agg':
    case 'list':
      return new JoinAccumulator(joinRule(call))
    case 'quantile_cont':
    case 'quantile_disc':
      return makeQuantile(call)
    case 'min_n':
    case 'max_n':
    case 'arg_min_n':
    case 'arg_max_n':
      return new FirstsAccumulator(firstsRule(call))
    case 'histogram':
      assert(call.type.kind === 'map', 'the result is a map')
      return new HistogramAccumulator({ key: call.type.key, distinct: call.distinct })
    case 'mode':
      return new ModeAccumulator({
        layout: layoutOfExpression(inputOf(call).type),
        descending: call.settings.descending === true,
        distinct: call.distinct,
      })
    default:
      return ofDistinct(call, new MomentAccumulator({ wanted: call.function, place: call.place }))
  }
}

function ofDistinct(call: AggregateCall, plain: Accumulator): Accumulator {
  return call.distinct ? new DistinctAccumulator(plain, layoutOfExpression(inputOf(call).type)) : plain
}

function inputOf({ inputs }: AggregateCall): Expression {
  const [input] = inputs
  assert(input !== undefined, 'the aggregate has an argument')
  return input
}

function makeSum(call: AggregateCall): Accumulator {
  if (layoutOfExpression(inputOf(call).type) === 'float') return new FloatSumAccumulator('sum')
  const { type, place } = call
  const max = type.kind === 'decimal' ? 10n ** BigInt(type.width) - 1n : (1n << 127n) - 1n
  return new SumAccumulator({ min: type.kind === 'decimal' ? -max : -max - 1n, max, place })
}

const INSTANT_KINDS: ReadonlySet<string> = new Set(['time', 'timestamp', 'timestamptz'])

function makeAverage(call: AggregateCall): Accumulator {
  const { type } = inputOf(call)
  if (INSTANT_KINDS.has(type.kind)) return new InstantAverageAccumulator()
  return layoutOfExpression(type) === 'float' ? new FloatSumAccumulator('avg') : new AverageAccumulator(averageRule(type))
}

const SHORT_KINDS = new Set(['int8', 'int16', 'uint8'])

function averageRule(type: Expression['type']): AverageRule {
  if (type.kind === 'decimal') return { scale: type.scale, isExtended: type.width > 4 }
  return { scale: 0, isExtended: !SHORT_KINDS.has(type.kind) }
}

function widthOf({ type }: Expression): WholeWidth {
  if (type.kind === 'hugeint') return { bits: 128, signed: true }
  const known = /^(u?)int(\d+)$/.exec(type.kind)
  assert(known !== null, 'bits are those of whole numbers')
  return { bits: Number(known[2]), signed: known[1] === '' }
}

function makeQuantile(call: AggregateCall): Accumulator {
  const { settings, type } = call
  const input = inputOf(call)
  assert(settings.fractions !== undefined, 'a quantile has fractions')
  const element = type.kind === 'list' ? elementOf(type) : type
  return new QuantileAccumulator({
    layout: layoutOfExpression(input.type),
    resultLayout: layoutOfExpression(type),
    fractions: settings.fractions,
    descending: settings.descending === true,
    interpolation: call.function === 'quantile_disc' ? null : interpolationOf(input.type, element),
    elementText: type.kind === 'list' ? elementText(type.element) : null,
    distinct: call.distinct,
  })
}
