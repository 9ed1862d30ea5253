/**
 * What a view means, as Postgres analysed it: names resolved, overloads chosen, unsaid conversions written
 * out. From this tree goes what has no meaning (places in the text, aliases of relations); numbers of the
 * session's own views become their names.
 */
import type { Asked } from '@millrace/batch/graph'

const PLACE = / :(?:location|stmt_location|stmt_len|name_location) -?\d+/g
const ALIAS = / :(?:alias|eref) (?:<>|\{ALIAS (?:\\[^]|[^{}\\])*\})/g
/** Whether it lies in the session's temporary schema is of no matter; numbers below are the system's own. */
const NUMBER = /(?<=[ (])\d{5,}(?=[ )}])/g

export function meaningOfTree(tree: string, nameOf: (oid: number) => string | undefined): string {
  return tree
    .replaceAll(PLACE, '')
    .replaceAll(ALIAS, '')
    .replaceAll(NUMBER, (digits) => nameOf(Number(digits)) ?? digits)
}

const RELATION = / :relid (\d+)/g

/** The numbers of all relations that a tree reads. */
export function relationsOfTree(tree: string): Set<number> {
  return new Set([...tree.matchAll(RELATION)].map((match) => Number(match[1])).filter((oid) => oid > 0))
}

/** now() and its kin, and the age of one argument, by their numbers; what is asked in the zone of a session changes with it. */
const TIME = /\{SQLVALUEFUNCTION :op [0-8] |:funcid (?:274|1299|1386|2059|2647|2648|2649) /

export function askedOfTree(tree: string): Asked {
  return TIME.test(tree) ? 'instant' : null
}
