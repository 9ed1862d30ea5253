/** Calls of the server's own functions, by family. What is not named in one of them is refused. */
import type { CallNode } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { CHOICE_FUNCTIONS } from './functions-choice.ts'
import { NUMBER_FUNCTIONS } from './functions-number.ts'
import { TEXT_FUNCTIONS } from './functions-text.ts'
import { TIME_FUNCTIONS } from './functions-time.ts'
import type { FunctionPrinter } from './function-printer.ts'
import type { Scope } from './scope.ts'
import type { Value } from './value.ts'

const PRINTERS: Readonly<Record<string, FunctionPrinter>> = {
  ...CHOICE_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
}
const CHANGING = new Set(
  'now sysdate curdate curtime current_date current_time current_timestamp localtime localtimestamp utc_date utc_time utc_timestamp unix_timestamp rand uuid uuid_short user current_user session_user system_user database schema connection_id last_insert_id found_rows row_count version sleep get_lock'.split(
    ' ',
  ),
)

export function functionCall(node: CallNode, scope: Scope): Value {
  const { name, values, at, word } = node
  const called = `${name.toUpperCase()}()`
  if (CHANGING.has(name)) throw untranslatableAt(called, 'no two sessions or runs give the same', at)
  const printer = Object.hasOwn(PRINTERS, name) ? PRINTERS[name] : undefined
  if (printer === undefined)
    throw untranslatableAt(called, 'it is a function of the user’s, or one that has no exact counterpart in DuckDB', at)
  const found = printer({ name, word, at, scope, values: values.map((each) => scope.session.expression(each, scope)) })
  if (found === null) throw untranslatableAt(called, 'it is not known to be the same in DuckDB for such arguments', at)
  return found
}
