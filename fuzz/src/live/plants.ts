/**
 * Faults that the fuzzer must find: each is one replacement in the engine's sources. A law that holds while its
 * fault is planted is not tested at all.
 */
export interface Plant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'a NULL among the values of IN is forgotten',
    file: 'packages/sql/src/mark-join.ts',
    from: 'isNull: union([withPartner(unmatched, withinGroup), withPartner(unknown, withinGroup)])',
    to: 'isNull: withPartner(unknown, withinGroup)',
  },
  {
    name: 'the rows that a FULL JOIN pads ignore its other conditions',
    file: 'packages/sql/src/partners.ts',
    from: 'withoutPartner(turned(sides), turnedConditions(sides, conditions))',
    to: 'withoutPartner(turned(sides), { ...turnedConditions(sides, conditions), others: [] })',
  },
  {
    name: 'NULL keys of a join match each other',
    file: 'packages/live/src/operator/join-side.ts',
    from: 'nullsMatch[at] === false',
    to: 'nullsMatch[at] === false && at > 0',
  },
  {
    name: 'a truncation leaves rows',
    file: 'packages/live/src/fold/keyed-fold.ts',
    from: 'store.weights.fill(0, 0, store.table.slotCount)',
    to: 'store.weights.fill(0, 1, store.table.slotCount)',
  },
  {
    name: 'a changed key leaves the row before',
    file: 'packages/live/src/fold/keyed-fold.ts',
    from: 'if (hasMoved) store.weights[origin] = 0',
    to: '',
  },
  {
    name: 'a row that went is there again after a restart',
    file: 'packages/live/src/fold/keyed-fold.ts',
    from: 'this.store.markDirty(slot)',
    to: 'if (this.store.weights[slot] !== 1) this.store.markDirty(slot)',
  },
  {
    name: 'a FILTER lets NULL through',
    file: 'packages/live/src/operator/aggregate-operator.ts',
    from: 'condition.values[row] === 1 && (condition.nulls === null || condition.nulls[row] === 0)',
    to: 'condition.values[row] === 1 || (condition.nulls !== null && condition.nulls[row] === 1)',
  },
  {
    name: 'a DISTINCT aggregate forgets a value with its first copy',
    file: 'packages/live/src/aggregate/distinct-accumulator.ts',
    from: 'return (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0)',
    to: 'return weight > 0 ? (before > 0 ? 0 : 1) : -1',
  },
  {
    name: 'sums beyond 2^53 are rounded',
    file: 'packages/live/src/aggregate/whole-sums.ts',
    from: 'BigInt(value) * BigInt(weight)',
    to: 'BigInt(Number(value)) * BigInt(weight)',
  },
  {
    name: 'NULLs stand on the wrong side of a descending order',
    file: 'packages/live/src/ordered/row-comparison.ts',
    from: 'if (x !== y) return x === ${nullsFirst} ? -1 : 1',
    to: 'if (x !== y) return x === ${descending !== nullsFirst} ? -1 : 1',
  },
  {
    name: 'rows that tie with the last that is chosen are left out',
    file: 'packages/live/src/operator/top-operator.ts',
    from: 'peers(other, slot) <= 0',
    to: 'peers(other, slot) < 0',
  },
  {
    name: 'a frame that excludes ties excludes the row itself',
    file: 'packages/live/src/window/frame.ts',
    from: "if (exclude === 'ties') addPlaces(",
    to: "if (exclude === 'ties' && place < 0) addPlaces(",
  },
  {
    name: 'a neighbour that went is still told by lag',
    file: 'packages/live/src/window/picked-value.ts',
    from: 'const to = distance < 0 ? gap.to - distance : gap.to',
    to: 'const to = gap.to',
  },
  {
    name: 'EXCEPT ALL takes all copies of a row',
    file: 'packages/live/src/operator/bag-operator.ts',
    from: 'Math.max(0, left - right)',
    to: 'right > 0 ? 0 : left',
  },
  {
    name: 'an ASOF join takes the row before the nearest',
    file: 'packages/live/src/operator/asof-operator.ts',
    from: "const withSame = operator === 'greaterOrEqual' ||",
    to: "const withSame = operator === 'greater' ||",
  },
]
