import { MillraceError } from '@millrace/base'

/** Stops the translation of one view. `construct` is what the view says; `at` is its place in the view's text. */
export function untranslatableAt(construct: string, reason: string, at: number): MillraceError {
  return new MillraceError('IMPORT_UNTRANSLATABLE', { details: { construct, reason, at } })
}
