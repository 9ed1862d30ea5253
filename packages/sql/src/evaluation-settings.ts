/**
 * What must be the same wherever DuckDB computes a value, so that the value is the same: the zone in which
 * instants are shown and cut, and nothing that reads files or loads code.
 */
export const EVALUATION_SETTINGS: readonly string[] = [
  'SET enable_external_access = false',
  'SET autoinstall_known_extensions = false',
  'SET autoload_known_extensions = false',
  "SET TimeZone = 'UTC'",
  "SET Calendar = 'gregorian'",
  'SET lock_configuration = true',
]
