import { assert } from '@millrace/base'
import type { CatalogFunction } from '../postgres/read-catalog.ts'
import { needNode, nodesIn, numberIn, type PgNode } from '../postgres/node-tree.ts'

/** The arguments of a call in the order of the function's: by their names where the call has them, and defaults where it has none. */
export function argumentsOf(node: PgNode, { isBuiltIn, argumentTypes, defaults }: CatalogFunction): readonly PgNode[] {
  const given = new Map(
    nodesIn(node, 'args').map((each, at) =>
      each.tag === 'NAMEDARGEXPR' ? [numberIn(each, 'argnumber'), needNode(each, 'arg')] : [at, each],
    ),
  )
  const count = isBuiltIn ? Math.max(-1, ...given.keys()) + 1 : argumentTypes.length
  return Array.from({ length: count }, (_, at) => {
    const argument = given.get(at) ?? defaults[at - (argumentTypes.length - defaults.length)]
    assert(argument !== undefined, 'an argument that a call leaves out has a default')
    return argument
  })
}
