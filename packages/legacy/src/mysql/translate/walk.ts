import type { CallNode, Expression } from '../parse/syntax.ts'
import { isAggregate } from './aggregate.ts'

/** Whether an expression has an aggregate of its own query, or one over a window. */
export function hasCall(node: Expression | null, isWanted: (call: CallNode) => boolean): boolean {
  return node !== null && holds(node, isWanted)
}

export function isGrouped(call: CallNode): boolean {
  return call.over === null && isAggregate(call)
}

function holds(part: unknown, isWanted: (call: CallNode) => boolean): boolean {
  if (typeof part !== 'object' || part === null) return false
  if (Array.isArray(part)) return part.some((each) => holds(each, isWanted))
  if ('kind' in part) {
    if (part.kind === 'query') return false
    if (part.kind === 'call' && isWanted(part as CallNode)) return true
  }
  return Object.values(part).some((each) => holds(each, isWanted))
}
