import { MillraceError } from '@millrace/base'

/** Stops the translation of one view. `construct` is what the view says, in Postgres's words. */
export function untranslatable(construct: string, reason: string): MillraceError {
  return new MillraceError('IMPORT_UNTRANSLATABLE', { details: { construct, reason } })
}
