import type { Catalog } from '../postgres/read-catalog.ts'
import { translateQuery } from './query.ts'
import type { KnownRelation, Session } from './scope.ts'

interface SessionRequest {
  readonly catalog: Catalog
  readonly relation: (oid: number) => KnownRelation
  readonly note: (text: string) => void
}

/** Names that lambdas of the printed SQL use. */
const RESERVED_ALIASES = ['e', 'q', 'w']

export function openSession({ catalog, relation, note }: SessionRequest): Session {
  const taken = new Set(RESERVED_ALIASES)
  const alias = (wanted: string): string => {
    let found = wanted
    for (let number = 2; taken.has(found.toLowerCase()); number++) found = `${wanted}_${number}`
    taken.add(found.toLowerCase())
    return found
  }
  const open = (calling: readonly number[]): Session => {
    const session: Session = {
      catalog,
      relation,
      alias,
      note,
      calling,
      query: (query, outer, parameters = []) => translateQuery(query, { session, outer, parameters }),
      within: (functionId) => open([...calling, functionId]),
    }
    return session
  }
  return open([])
}
