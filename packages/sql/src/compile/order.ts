/** DuckDB's order and equality of values where JavaScript's differ. */

/** NaN equals NaN. */
export function floatEqual(left: number, right: number): boolean {
  return left === right || (left !== left && right !== right)
}

/** NaN is greater than everything else. */
export function floatLess(left: number, right: number): boolean {
  return left < right || (right !== right && left === left)
}

/** By the bytes of UTF-8, which is by code point; JavaScript compares units of UTF-16. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const count = Math.min(left.length, right.length)
  for (let at = 0; at < count; at += 1) {
    const leftUnit = left.charCodeAt(at)
    const rightUnit = right.charCodeAt(at)
    if (leftUnit !== rightUnit) return rank(leftUnit) - rank(rightUnit)
  }
  return left.length - right.length
}

/** Surrogates stand for code points above all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right)
}
