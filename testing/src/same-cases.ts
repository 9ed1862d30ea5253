/**
 * Property tests draw the same cases on every run, so that what was green is green again and what fails, fails
 * again. MILLRACE_FUZZ_SEED draws others; `npm run fuzz` looks for faults that nobody has met.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1) })
