import { type ErrorEntry, ERRORS } from '@millrace/base'

const RETRY: Readonly<Record<ErrorEntry['retry'], string>> = {
  backoff: 'It may pass by itself: Millrace tries again, ever more slowly.',
  'after-fix': 'Somebody must act first.',
  never: 'The request itself is wrong; the same one fails again.',
}

/** The text of docs/errors.md. A blank that is filled in when the error is raised is shown as ‹name›. */
export function errorPage(): string {
  const entries = Object.entries<ErrorEntry>(ERRORS)
  const sections = entries.map(
    ([code, { summary, hint, retry, exit }]) => `## ${code}

${blanks(summary)}

**Way out.** ${blanks(hint)}

${RETRY[retry]} A command that ends with it exits with ${exit}.
`,
  )
  return `# Errors

Made from \`packages/base/src/error-registry.ts\` by \`npm run docs\`; do not edit it here.

Exit codes of commands: 0 done, 1 failed, 2 a plan has changes, 3 a proof found a difference, 4 the
configuration is wrong, 5 the source cannot be reached, 64 the command was called wrongly, 130
interrupted.

${sections.join('\n')}`
}

function blanks(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, '‹$1›')
}
